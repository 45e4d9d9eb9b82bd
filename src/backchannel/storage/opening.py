"""From a database's URL to an open storage."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn, Protocol

from backchannel.ports.storage import Storage
from backchannel.storage.errors import CannotOpen
from backchannel.storage.shared.urls import require_escaped
from backchannel.storage.sql.sqlite.opening import migrate_sqlite, open_sqlite, path_of

SQLITE = "sqlite"


class Opening(Protocol):
    async def __call__(self, url: str, *, production: bool, serving: bool) -> Storage: ...


class Examination(Protocol):
    async def __call__(self, url: str, *, production: bool) -> str: ...


class Engine(NamedTuple):
    """The operations on the databases of one kind, by their URLs."""

    open: Opening
    migrate: Callable[[str], Awaitable[None]]
    examine: Examination
    begin_epochs: Callable[[str], Awaitable[int]]


def _sqlite() -> Engine:
    async def opened(url: str, *, production: bool, serving: bool) -> Storage:
        del production, serving  # it is always durable, and `app.locking` keeps servers apart
        return await open_sqlite(url)

    return Engine(opened, migrate_sqlite, _is_a_file, _is_a_file)


def _postgresql() -> Engine:
    # As with every driver of a server: its import takes its time.
    from backchannel.storage.sql.postgresql.opening import (  # noqa: PLC0415
        begin_epochs_postgresql,
        examine_postgresql,
        migrate_postgresql,
        open_postgresql,
    )

    return Engine(open_postgresql, migrate_postgresql, examine_postgresql, begin_epochs_postgresql)


def _mongodb() -> Engine:
    # The driver takes its time to import, and most servers have no use for it.
    from backchannel.storage.mongodb.opening import (  # noqa: PLC0415
        begin_epochs,
        examine_mongodb,
        migrate_mongodb,
        open_mongodb,
    )

    async def opened(url: str, *, production: bool, serving: bool) -> Storage:
        del production, serving  # each write asks for a durable one
        return await open_mongodb(url)

    async def examined(url: str, *, production: bool) -> str:
        del production
        return await examine_mongodb(url)

    return Engine(opened, migrate_mongodb, examined, begin_epochs)


async def _is_a_file(url: str, *, production: bool = False) -> NoReturn:
    del url, production
    raise CannotOpen(
        "a SQLite file is examined itself, and a restored one is noticed by the server"
    )


ENGINES: Mapping[str, Callable[[], Engine]] = {
    SQLITE: _sqlite,
    "postgresql": _postgresql,
    "mongodb": _mongodb,
    "mongodb+srv": _mongodb,
}
"""The kind of database for each scheme of a URL."""


async def open_storage(url: str, *, production: bool = False, serving: bool = False) -> Storage:
    """Open the database at `url`, made or brought to the current schema if it is not.

    In `production` a database that may lose what it has stored is refused. Of several processes
    that open it, one may be `serving`. Raises `CannotOpen`: unknown scheme, damaged file, a schema
    newer than this program, and whatever else needs the operator.
    """
    return await _engine(url).open(url, production=production, serving=serving)


async def migrate(url: str) -> None:
    """Bring the database at `url` to the current schema. Raises `CannotOpen`."""
    await _engine(url).migrate(url)


async def examine(url: str, *, production: bool) -> str:
    """Describe a server's database without changing it. Raises `CannotOpen`."""
    return await _engine(url).examine(url, production=production)


async def begin_epochs(url: str) -> int:
    """Give every log of a database of a server a new epoch; how many there are.

    So every device fetches its state afresh, as it must once an older state was restored. Raises
    `CannotOpen`.
    """
    return await _engine(url).begin_epochs(url)


def file_of(url: str) -> Path | None:
    """The file that holds the database at `url`; None for a database of a server.

    Raises `CannotOpen`.
    """
    return path_of(url).resolve() if _scheme(url) == SQLITE else None


def _engine(url: str) -> Engine:
    scheme = _scheme(url)
    if scheme != SQLITE:
        try:
            require_escaped(url)
        except ValueError as error:
            raise CannotOpen(str(error)) from None
    return ENGINES[scheme]()


def _scheme(url: str) -> str:
    scheme, separator, _ = url.partition("://")
    if separator and scheme in ENGINES:
        return scheme
    known = ", ".join(f"{name}://" for name in ENGINES)
    # Not the URL itself: it may hold a password.
    raise CannotOpen(f"unknown kind of database {scheme if separator else ''!r}; known: {known}")
