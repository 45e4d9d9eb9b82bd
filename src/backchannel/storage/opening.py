"""From a database's URL to an open storage."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn, Protocol

from backchannel.ports.storage import Storage
from backchannel.storage import CannotOpen
from backchannel.storage.shared.urls import require_escaped, without_password
from backchannel.storage.sql.sqlite.opening import migrate_sqlite, open_sqlite, path_of

SQLITE = "sqlite"


class Opening(Protocol):
    async def __call__(
        self, url: str, *, production: bool, serving: bool, joined: bool
    ) -> Storage: ...


class Examination(Protocol):
    async def __call__(self, url: str, *, production: bool) -> str: ...


class Engine(NamedTuple):
    """The operations on the databases of one kind, by their URLs."""

    open: Opening
    migrate: Callable[[str], Awaitable[None]]
    examine: Examination
    begin_epochs: Callable[[str], Awaitable[int]]
    is_current: Callable[[str], Awaitable[bool | None]]
    """True if the database has the schema of this program, None if it has none of ours."""
    require_unused: Callable[[str], Awaitable[None]] | None = None
    """Raise `CannotOpen` while a server uses the database; None if opening it does that."""


def _sqlite() -> Engine:
    async def opened(url: str, *, production: bool, serving: bool, joined: bool) -> Storage:
        # It is always durable, and `app.locking` keeps servers apart.
        del production, serving, joined
        return await open_sqlite(url)

    async def is_current(url: str) -> bool | None:
        # The content of the file is checked when it is opened.
        return True if path_of(url).is_file() else None

    return Engine(opened, migrate_sqlite, _is_a_file, _is_a_file, is_current)


def _postgresql() -> Engine:
    # Imported where it is used, because importing a driver is slow.
    from backchannel.storage.sql.postgresql.opening import (  # noqa: PLC0415
        begin_epochs_postgresql,
        examine_postgresql,
        migrate_postgresql,
        open_postgresql,
        postgresql_is_current,
    )

    return Engine(
        open_postgresql,
        migrate_postgresql,
        examine_postgresql,
        begin_epochs_postgresql,
        postgresql_is_current,
    )


def _mysql() -> Engine:
    try:
        from backchannel.storage.sql.mysql.opening import (  # noqa: PLC0415
            begin_epochs_mysql,
            examine_mysql,
            migrate_mysql,
            mysql_is_current,
            open_mysql,
        )
    except ModuleNotFoundError as error:
        raise CannotOpen(
            f"MariaDB and MySQL need the package {error.name}: install backchannel[mysql]"
        ) from error
    return Engine(open_mysql, migrate_mysql, examine_mysql, begin_epochs_mysql, mysql_is_current)


def _mongodb() -> Engine:
    # The driver is slow to import, and most servers do not need it.
    from backchannel.storage.mongodb.opening import (  # noqa: PLC0415
        begin_epochs,
        examine_mongodb,
        migrate_mongodb,
        mongodb_is_current,
        open_mongodb,
        require_unused,
    )

    async def opened(url: str, *, production: bool, serving: bool, joined: bool) -> Storage:
        del production  # each write asks for a durable one
        return await open_mongodb(url, serving=serving, joined=joined)

    async def examined(url: str, *, production: bool) -> str:
        del production
        return await examine_mongodb(url)

    return Engine(
        opened, migrate_mongodb, examined, begin_epochs, mongodb_is_current, require_unused
    )


async def _is_a_file(url: str, *, production: bool = False) -> NoReturn:
    del url, production
    raise CannotOpen(
        "a SQLite file is examined itself, and a restored one is noticed by the server"
    )


ENGINES: Mapping[str, Callable[[], Engine]] = {
    SQLITE: _sqlite,
    "postgresql": _postgresql,
    "mysql": _mysql,
    "mariadb": _mysql,
    "mongodb": _mongodb,
    "mongodb+srv": _mongodb,
}
"""The kind of database for each scheme of a URL."""


async def open_storage(
    url: str, *, production: bool = False, serving: bool = False, joined: bool = False
) -> Storage:
    """Open the database at `url`, created or brought to the current schema if needed.

    In `production` a database that may lose stored data is refused. Of several processes
    that open it, one may be `serving`, or several that are `joined` by a bus. Raises `CannotOpen`:
    unknown scheme, damaged file, a schema newer than this program, an unfinished copy, and other
    problems that the operator has to solve.
    """
    engine = _engine(url)
    storage = await engine.open(url, production=production, serving=serving, joined=joined)
    try:
        await _require_complete(storage, url)
    except BaseException:
        await storage.close()
        raise
    return storage


async def open_to_transfer(url: str) -> Storage:
    """Open a database to copy it, or to copy another one into it, while no server uses it.

    It may be an unfinished copy. Raises `CannotOpen`.
    """
    engine = _engine(url)
    if engine.require_unused is not None:
        await engine.require_unused(url)
    return await engine.open(url, production=False, serving=True, joined=False)


async def exists(url: str) -> bool:
    """True if there is a database of this program at `url`. Raises `CannotOpen`."""
    return await _engine(url).is_current(url) is not None


async def is_outdated(url: str) -> bool:
    """True if opening the server's database at `url` would migrate it. Raises `CannotOpen`."""
    return await _engine(url).is_current(url) is False


async def migrate(url: str) -> None:
    """Bring the database at `url` to the current schema. Raises `CannotOpen`."""
    await _engine(url).migrate(url)


async def examine(url: str, *, production: bool) -> str:
    """Describe a server's database without changing it. Raises `CannotOpen`."""
    return await _engine(url).examine(url, production=production)


async def begin_epochs(url: str) -> int:
    """Give every log of a database of a server a new epoch; returns the number of logs.

    Every device then fetches its state again, as it must after an older state was restored. Raises
    `CannotOpen`.
    """
    return await _engine(url).begin_epochs(url)


def file_of(url: str) -> Path | None:
    """The file that holds the database at `url`; None for a database of a server.

    Raises `CannotOpen`.
    """
    return path_of(url).resolve() if _scheme(url) == SQLITE else None


async def _require_complete(storage: Storage, url: str) -> None:
    progress = await storage.import_progress()
    if progress is not None:
        raise CannotOpen(
            f"{without_password(url)} is an unfinished copy of {progress.source}; run"
            " `backchannel copy` again to finish it"
        )


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
