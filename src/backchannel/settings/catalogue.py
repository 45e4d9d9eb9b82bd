"""The catalogue of settings with their names, for errors, listings and the reference."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from backchannel.settings.groups import Group, Unit
from backchannel.settings.model import Settings

PREFIX = "BACKCHANNEL_"

BORROWED_NAMES = {
    "PORT": "port",
    "JWT_SECRET": "jwt_secret",
    "secretKey": "jwt_secret",
    "DATABASE_URL": "database_url",
    "MONGO_DB_URL": "database_url",
    "REDIS_URL": "bus.url",
    "RABBITMQ_URL": "queue.url",
    "CORS_ORIGIN": "cors_origins",
}
"""Variables of other chat servers; in the same source a `BACKCHANNEL_` one has priority."""


@dataclass(frozen=True, slots=True)
class SettingEntry:
    """A setting. `path` is its place in the TOML file: `name` or `group.name`."""

    path: str
    field: FieldInfo

    @property
    def group(self) -> str:
        """The TOML table that contains it, empty for the general settings."""
        return self.path.rpartition(".")[0]

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return PREFIX + self.path.replace(".", "_").upper()

    @property
    def unit(self) -> str:
        return next((mark.name for mark in self.field.metadata if isinstance(mark, Unit)), "")

    @property
    def description(self) -> str:
        return self.field.description or ""

    @property
    def example(self) -> str:
        return str((self.field.examples or [""])[0])

    @property
    def secret(self) -> bool:
        return SecretStr in getattr(self.field.annotation, "__args__", (self.field.annotation,))

    @property
    def other_names(self) -> list[str]:
        return [name for name, path in BORROWED_NAMES.items() if path == self.path]


@cache
def entries() -> dict[str, SettingEntry]:
    """All settings by path, in the order in which they are documented."""
    return {entry.path: entry for entry in _walk(Settings, "")}


@cache
def paths_by_variable() -> dict[str, str]:
    return {entry.variable: entry.path for entry in entries().values()}


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is closest to a misspelled one."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return matches[0] if matches else None


def group_model(field: FieldInfo) -> type[Group] | None:
    """The group that a field represents, None if it is a single setting."""
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, Group) else None


def _walk(group: type[Group], prefix: str) -> Iterator[SettingEntry]:
    for name, field in group.model_fields.items():
        inner = group_model(field)
        if inner is None:
            yield SettingEntry(prefix + name, field)
        else:
            yield from _walk(inner, f"{prefix}{name}.")
