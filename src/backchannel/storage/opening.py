"""From a database's URL to an open storage."""

from collections.abc import Awaitable, Callable, Mapping

from backchannel.ports.storage import Storage
from backchannel.storage.errors import CannotOpen
from backchannel.storage.sql.sqlite.opening import migrate_sqlite, open_sqlite

OPENERS: Mapping[str, Callable[[str], Awaitable[Storage]]] = {"sqlite": open_sqlite}
MIGRATIONS: Mapping[str, Callable[[str], Awaitable[None]]] = {"sqlite": migrate_sqlite}
"""What knows each scheme of a database URL."""


async def open_storage(url: str) -> Storage:
    """Open the database at `url`, made or brought to the current schema if it is not.

    Raises `CannotOpen`: unknown scheme, damaged file, a schema newer than this program, and
    whatever else needs the operator.
    """
    return await OPENERS[_scheme(url)](url)


async def migrate(url: str) -> None:
    """Bring the database at `url` to the current schema. Raises `CannotOpen`."""
    await MIGRATIONS[_scheme(url)](url)


def _scheme(url: str) -> str:
    scheme, separator, _ = url.partition("://")
    if separator and scheme in OPENERS:
        return scheme
    known = ", ".join(f"{name}://" for name in OPENERS)
    # Not the URL itself: it may hold a password.
    raise CannotOpen(f"unknown kind of database {scheme if separator else ''!r}; known: {known}")
