"""The sources of settings, merged into one checked `Settings`.

The source nearest to the person who starts the server wins: command line, then environment
variables, then `.env`, then the TOML file, then the defaults. Production refuses settings that are
only safe on your own machine, and several nodes need a bus or a shared database (rule S19).
"""

import os
from collections import ChainMap, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from backchannel.security.secret import weakness
from backchannel.settings.bus import OWN_DATABASE
from backchannel.settings.catalogue import entries
from backchannel.settings.model import Settings
from backchannel.settings.problems import Problem, SettingsError
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
    """The settings, the source of each value, and the ignored names."""

    settings: Settings
    written: Mapping[str, Written]
    warnings: list[Problem]
    problems: list[Problem]
    """The problems that would keep the server from starting."""


def load(
    options: Mapping[str, object] | None = None,
    *,
    config: Path | None = None,
    environment: Mapping[str, str] | None = None,
    lenient: bool = False,
    uses: Collection[str] | None = None,
) -> Loaded:
    """Read all sources and check the merged settings. Raises `SettingsError`.

    `uses` are the paths of the settings that must be fit for a server; None: all of them. With
    `lenient`, even unknown names are no error.

    `config` must exist if named; `backchannel.toml` is read if it is there.
    """
    environment = os.environ if environment is None else environment
    variables = read_variables(environment, "environment")
    env_file = read_env_file(ENV_FILE, environment)
    toml = read_toml(config or CONFIG_FILE) if config or CONFIG_FILE.exists() else Layer()
    layers = [read_options(options or {}), variables, env_file, toml]
    written: Mapping[str, Written] = ChainMap(*(layer.values for layer in layers))
    # Container platforms add their own variables to the environment, where an unknown name is
    # therefore no error.
    problems = [*env_file.unknown, *toml.unknown]
    settings = _validate(written, problems)
    refused = list(problems)
    for path, text in (refusals(settings) | missing(settings.responder)).items():
        item = written.get(path) or Written(None, entries()[path].variable, "")
        problem = Problem(item.name, item.origin, text)
        problems.append(problem)
        refused += [problem] if uses is None or path in uses else []
    if refused and not lenient:
        raise SettingsError(refused)
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


SHOWN = 64
"""Characters of a value that an error repeats."""


def _explain(detail: ErrorDetails, written: Mapping[str, Written]) -> Problem:
    """A line that names the setting as written, its limit, and the way to correct it."""
    location = list(map(str, detail["loc"]))
    path = next(path for path in (".".join(location[:2]), location[0]) if path in entries())
    text = detail["msg"].removeprefix("Value error, ").replace("Input should", "must")
    if detail["type"] == "int_parsing":
        text = "must be a whole number"
    if detail["type"] != "value_error":
        text += f"; for example {entries()[path].example}"
    if isinstance(detail["loc"][-1], int):  # one value of a list
        text = f"{str(detail['input'])[:SHOWN]!r}: {text}"
    return Problem(written[path].name, written[path].origin, text)


def refusals(settings: Settings) -> dict[str, str]:
    """The reasons why these settings are refused, by path."""
    unsafe = _secret(settings) | _origins(settings) if settings.production else {}
    nodes = _workers(settings) | _own_database(settings) | _shared_secret(settings)
    return nodes | unsafe


def _workers(settings: Settings) -> dict[str, str]:
    """The reason why several workers would not hear of each other's messages."""
    if settings.worker_count == 1 or settings.joined:
        return {}
    return {
        "workers": "more than one process needs a bus (bus.url), or PostgreSQL as the database"
        " (database_url), which brings its own; SQLite serves one"
    }


def _own_database(settings: Settings) -> dict[str, str]:
    """The reason why the database cannot be the bus."""
    if settings.bus.url != OWN_DATABASE or settings.storage_url.startswith("postgresql:"):
        return {}
    return {"bus.url": "postgresql is the bus of a database_url that begins with postgresql://"}


def _shared_secret(settings: Settings) -> dict[str, str]:
    """The reason why several nodes would not accept each other's tokens."""
    if not (settings.joined and settings.bus.url) or settings.jwt_secret is not None:
        return {}
    return {
        "jwt_secret": "is required with bus.url: set it to the same output of"
        " `openssl rand -hex 32` on each node"
    }


def _secret(settings: Settings) -> dict[str, str]:
    secret = settings.jwt_secret.get_secret_value() if settings.jwt_secret else ""
    fault = weakness(secret.encode())
    if fault is None:
        return {}
    return {"jwt_secret": f"{fault}; set it to the output of `openssl rand -hex 32`"}


def _origins(settings: Settings) -> dict[str, str]:
    if "*" not in settings.cors_origins:
        return {}
    remedy = "name each origin, such as https://chat.example.org"
    return {"cors_origins": f"* would let every web page act for its visitors; {remedy}"}
