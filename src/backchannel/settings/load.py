"""The sources of settings, merged into one checked `Settings`.

What is nearer to the person who starts the server wins: command line, then environment
variables, then `.env`, then the TOML file, then the defaults.
"""

import os
from collections import ChainMap, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from backchannel.settings.catalogue import entries
from backchannel.settings.model import Settings
from backchannel.settings.problems import Problem, SettingsError
from backchannel.settings.production import refusals
from backchannel.settings.responder import missing
from backchannel.settings.sources import (
    Layer,
    Written,
    read_env_file,
    read_options,
    read_toml,
    read_variables,
)

CONFIG_FILE = Path("backchannel.toml")
ENV_FILE = Path(".env")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, the source of each value, and what was ignored."""

    settings: Settings
    written: Mapping[str, Written]
    warnings: list[Problem]
    problems: list[Problem]
    """The problems that keep the server from starting; empty unless read with `lenient`."""


def load(
    options: Mapping[str, object] | None = None,
    *,
    config: Path | None = None,
    environment: Mapping[str, str] | None = None,
    lenient: bool = False,
) -> Loaded:
    """Read all sources and check the merged settings. Raises `SettingsError`.

    With `lenient`, settings that can be read and must not be used are returned as well.

    `config` must exist if named; `backchannel.toml` is read if it is there.
    """
    environment = os.environ if environment is None else environment
    variables = read_variables(environment, "environment")
    env_file = read_env_file(ENV_FILE, environment)
    toml = read_toml(config or CONFIG_FILE) if config or CONFIG_FILE.exists() else Layer()
    layers = [read_options(options or {}), variables, env_file, toml]
    written: Mapping[str, Written] = ChainMap(*(layer.values for layer in layers))
    # Container platforms put variables of their own making into the environment, so only
    # there is an unknown name no error.
    problems = [*env_file.unknown, *toml.unknown]
    settings = _validate(written, problems)
    for path, text in (refusals(settings) | missing(settings.responder)).items():
        item = written.get(path) or Written(None, entries()[path].variable, "")
        problems.append(Problem(item.name, item.origin, text))
    if problems and not lenient:
        raise SettingsError(problems)
    return Loaded(settings, written, variables.unknown, problems)


def _validate(written: Mapping[str, Written], problems: list[Problem]) -> Settings:
    tables = defaultdict[str, dict[str, object]](dict)
    for path, item in written.items():
        group, _, name = path.rpartition(".")
        tables[group][name] = item.value
    try:
        return Settings.model_validate(tables.pop("", {}) | tables)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
        found = [_explain(detail, written) for detail in details]
        raise SettingsError([*problems, *found]) from None


def _explain(detail: ErrorDetails, written: Mapping[str, Written]) -> Problem:
    """A line that names the setting as written, its limit, and the way to correct it."""
    location = list(map(str, detail["loc"]))
    path = next(path for path in (".".join(location[:2]), location[0]) if path in entries())
    text = detail["msg"].removeprefix("Value error, ").replace("Input should", "must")
    if detail["type"] == "int_parsing":
        text = "must be a whole number"
    if detail["type"] != "value_error":
        text += f"; for example {entries()[path].example}"
    return Problem(written[path].name, written[path].origin, text)
