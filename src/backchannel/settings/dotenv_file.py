"""The parser of `.env` files: anything it cannot use is reported."""

from collections.abc import Collection, Mapping
from io import StringIO
from pathlib import Path

from dotenv.parser import Binding, parse_stream
from dotenv.variables import Variable, parse_variables

from backchannel.settings.problems import Problem, SettingsError
from backchannel.settings.text_files import read_text


def read_dotenv(
    path: Path, environment: Mapping[str, str], known: Collection[str]
) -> dict[str, str | None]:
    """The variables of the file; `${NAME}` is one of the file or of the environment.

    In single quotes a value stands for itself. Raises `SettingsError` for a line that cannot be
    read, and for a reference to nothing in one of the `known` names.
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
                problems.append(Problem(binding.key, str(path), _told(missing)))
    if problems:
        raise SettingsError(problems)
    return values


def _resolved(
    binding: Binding, environment: Mapping[str, str | None]
) -> tuple[str | None, list[str]]:
    """The value, and the names that it refers to and that nothing sets."""
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


def _told(missing: list[str]) -> str:
    names = ", ".join(f"${{{name}}}" for name in missing)
    return f"refers to {names}, which is not set; to keep the $ put the value in single quotes"
