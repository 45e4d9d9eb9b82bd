"""Settings as text: single values, and the whole reference as Markdown."""

from collections.abc import Iterator
from enum import Enum
from inspect import getdoc
from itertools import groupby
from typing import cast

from annotated_types import Ge, Gt, Le
from pydantic import SecretStr

from backchannel.settings.catalogue import SettingEntry, entries, group_model
from backchannel.settings.model import Settings
from backchannel.storage.shared.urls import without_password

INTRODUCTION = """\
# Settings

<!-- Written by `make docs` from the models in src/backchannel/settings. Do not edit. -->

Without any setting the server runs on `http://localhost:3000` and keeps its data in `./data`.

A setting can be written in several places. The first of these that has it wins:

1. the command line, for example `backchannel serve --port 8443`;
2. an environment variable, `BACKCHANNEL_PORT=8443`;
3. the same in the file `.env` of the current folder;
4. the file `backchannel.toml` of the current folder, or the one named by `--config`;
5. the default.

Within 2 and 3, some names that other chat servers use also work (`PORT`, for example); the
`BACKCHANNEL_` name has precedence. An empty variable counts as unset; separate the items of a
list by commas. In TOML, write a list as an array, and a setting `group.name` in the table
`[group]`:

```toml
port = 8443
cors_origins = ["https://chat.example.org"]

[limits]
sockets_per_user = 8
```

An unknown name is an error in TOML. In `.env` it is an error if it begins with `BACKCHANNEL_`;
other names are left to other programs. In the environment an unknown `BACKCHANNEL_` name is
only a warning, because container platforms write there too.

`backchannel config show` prints all values and where each was written. `backchannel config
check` tells you if the server can start with them.
"""


def shown(settings: Settings, path: str) -> str:
    """The value of a setting as it may be printed: secrets and passwords are masked."""
    return _text(_value_of(settings, path))


def reference() -> str:
    """All settings with their meaning, default and names, as Markdown."""
    sections = [INTRODUCTION]
    for name, found in groupby(entries().values(), key=lambda entry: entry.group):
        model = group_model(Settings.model_fields[name]) if name else Settings
        title = f"`[{name}]`" if name else "General"
        sections.append(f"## {title}\n\n{getdoc(model)}\n")
        sections += map(_section, found)
    return "\n".join(sections)


def _section(entry: SettingEntry) -> str:
    facts = "\n".join(f"- {label}: {text}" for label, text in _facts(entry))
    return f"### `{entry.path}`\n\n{entry.description}\n\n{facts}\n"


def _facts(entry: SettingEntry) -> Iterator[tuple[str, str]]:
    default = _text(entry.field.get_default())
    yield "Default", f"`{default}`" if default != "unset" else default
    if entry.unit:
        yield "Unit", entry.unit
    if allowed := _allowed(entry):
        yield "Allowed", allowed
    names = [entry.variable, *entry.other_names]
    yield "Environment", ", ".join(f"`{name}`" for name in names)
    yield "Example", f"`{entry.variable}={entry.example}`"


def _allowed(entry: SettingEntry) -> str:
    kind = entry.field.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{member.value}`" for member in kind)
    bounds: list[str] = []
    for mark in entry.field.metadata:
        match mark:
            case Ge(least):
                bounds.append(f"at least {least:,}")
            case Gt(least):
                bounds.append(f"more than {least:,}")
            case Le(most):
                bounds.append(f"at most {most:,}")
            case _:
                pass
    return ", ".join(bounds)


def _text(value: object) -> str:
    match value:
        case None | ():
            return "unset"
        case bool():
            return str(value).lower()
        case SecretStr():
            return "(set, hidden)"
        case Enum():
            return str(value.value)
        case tuple():
            return ",".join(map(str, cast("tuple[object, ...]", value)))
        case _:
            return without_password(str(value))


def _value_of(settings: Settings, path: str) -> object:
    value: object = settings
    for name in path.split("."):
        value = getattr(value, name)
    return value
