"""The places where settings are written, read one by one into layers."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from backchannel.settings.catalogue import (
    BORROWED_NAMES,
    PREFIX,
    closest,
    entries,
    paths_by_variable,
)
from backchannel.settings.dotenv_file import read_dotenv
from backchannel.settings.problems import Problem, SettingsError
from backchannel.settings.text_files import read_text


@dataclass(frozen=True, slots=True)
class Written:
    """A value as written: `name` is the spelling used, `origin` the place."""

    value: object
    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Layer:
    """The values from one source, by the settings' paths."""

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
