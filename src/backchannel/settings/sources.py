"""The places where settings are written, read one by one into layers."""

import codecs
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import cast

from dotenv.parser import Binding, parse_stream
from dotenv.variables import Variable, parse_variables

from backchannel.settings.catalogue import (
    BORROWED_NAMES,
    PREFIX,
    closest,
    entries,
    paths_by_variable,
)
from backchannel.settings.problems import Problem, SettingsError

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path) -> str:
    """A file in UTF-8, with a byte order mark or without. Raises `SettingsError`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from None
    # UTF-16 without a byte order mark is valid UTF-8 with a NUL next to each letter.
    if content.startswith(_UTF_16) or b"\0" in content:
        raise _unreadable(path, "it is not in UTF-8 but in UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _unreadable(path, f"line {line} is not in UTF-8; save it as UTF-8") from None


def _unreadable(path: Path, reason: str) -> SettingsError:
    return SettingsError([Problem(str(path), "", f"cannot be read: {reason}")])


def read_dotenv(
    path: Path, environment: Mapping[str, str], known: Collection[str]
) -> dict[str, str | None]:
    """The variables in the file; `${NAME}` refers to one above it or in the environment.

    References in single quotes are not replaced. Raises `SettingsError` for a line that cannot be
    parsed, and for a variable in `known` that refers to one that is not set.
    """
    values: dict[str, str | None] = {}
    problems: list[Problem] = []
    for binding in parse_stream(StringIO(read_text(path))):
        if binding.error:
            text = "cannot be read; write NAME=value, and a value with a quote in quotes"
            problems.append(Problem(f"{path}, line {binding.original.line}", "", text))
        elif binding.key is not None:
            resolved, missing = _resolved(binding, {**environment, **values})
            values[binding.key] = resolved
            if missing and binding.key in known:
                problems.append(Problem(binding.key, str(path), _unset(missing)))
    if problems:
        raise SettingsError(problems)
    return values


def _resolved(
    binding: Binding, environment: Mapping[str, str | None]
) -> tuple[str | None, list[str]]:
    """The value with its references replaced, and the names in them that are not set."""
    if binding.value is None or _is_literal(binding):
        return binding.value, []
    atoms = list(parse_variables(binding.value))
    missing = [
        atom.name
        for atom in atoms
        if isinstance(atom, Variable) and atom.default is None and atom.name not in environment
    ]
    return "".join(atom.resolve(environment) for atom in atoms), missing


def _is_literal(binding: Binding) -> bool:
    return binding.original.string.partition("=")[2].lstrip().startswith("'")


def _unset(missing: list[str]) -> str:
    names = ", ".join(f"${{{name}}}" for name in missing)
    return f"refers to {names}, which is not set; to keep the $ put the value in single quotes"


@dataclass(frozen=True, slots=True)
class Written:
    """A value as written: `name` is the spelling used, `origin` the place."""

    value: object
    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Layer:
    """The values from one source, by `SettingEntry.path`."""

    values: dict[str, Written] = field(default_factory=dict[str, Written])
    unknown: list[Problem] = field(default_factory=list[Problem])


def read_variables(variables: Mapping[str, str | None], origin: str) -> Layer:
    """The settings among environment variables; an empty one counts as unset."""
    layer = Layer()
    filled = {name: value for name, value in variables.items() if value}
    for name, path in BORROWED_NAMES.items():
        if name in filled:
            layer.values.setdefault(path, Written(filled[name], name, origin))
    paths = paths_by_variable()
    for name, value in filled.items():
        if name in paths:
            layer.values[paths[name]] = Written(value, name, origin)
        elif name.startswith(PREFIX):
            layer.unknown.append(_unknown(name, origin, list(paths)))
    return layer


def read_env_file(path: Path, environment: Mapping[str, str]) -> Layer:
    """The settings in a `.env` file, which may hold other programs' variables as well.

    Raises `SettingsError` if it cannot be read.
    """
    if not path.is_file():
        return Layer()
    known = {*paths_by_variable(), *BORROWED_NAMES}
    return read_variables(read_dotenv(path, environment, known), str(path))


def read_toml(path: Path) -> Layer:
    """The settings in a TOML file. Raises `SettingsError` if it cannot be read."""
    try:
        document = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([Problem(str(path), "", f"cannot be read: {error}")]) from None
    layer = Layer()
    known = entries()
    for name, value in _flatten(document, ""):
        if name in known:
            layer.values[name] = Written(value, name, str(path))
        else:
            layer.unknown.append(_unknown(name, str(path), list(known)))
    return layer


def read_options(options: Mapping[str, object]) -> Layer:
    """The settings given on the command line, by path; None means not given."""
    given = {path: value for path, value in options.items() if value is not None}
    return Layer(
        {path: Written(value, _option(path), "command line") for path, value in given.items()}
    )


def _option(path: str) -> str:
    return "--" + path.removesuffix(".mode").replace("_", "-").replace(".", "-")


def _flatten(table: Mapping[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(cast("dict[str, object]", value), f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _unknown(name: str, origin: str, known: list[str]) -> Problem:
    meant = closest(name, known)
    hint = f"did you mean {meant}?" if meant else "`backchannel config show` lists all of them"
    return Problem(name, origin, f"there is no such setting; {hint}")
