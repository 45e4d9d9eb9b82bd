"""Opening a SQLite file: found, checked, and brought to the current schema."""

import asyncio
import contextlib
import logging
import os
import sqlite3
import stat
from pathlib import Path

from backchannel.storage import CannotOpen
from backchannel.storage.sql.migrations import needs_migration
from backchannel.storage.sql.sqlite import driver as drivers
from backchannel.storage.sql.sqlite.database import SqliteDatabase
from backchannel.storage.sql.sqlite.driver import Connect, Driver
from backchannel.storage.sql.sqlite.faults import is_damage, is_full
from backchannel.storage.sql.sqlite.health import damaged, find_damage, is_small
from backchannel.storage.sql.sqlite.reserve import DiskReserve
from backchannel.storage.sql.sqlite.rollback import CommitCount, recognise
from backchannel.storage.sql.sqlite.storage import SqliteStorage

HAS_VERSION = "SELECT count(*) FROM sqlite_schema WHERE name = 'alembic_version'"
VERSION = "SELECT max(version_num) FROM alembic_version"
TABLES = "SELECT count(*) FROM sqlite_schema"

SUFFIXES = ("", "-wal", "-shm", "-reserve", "-mark", "-commits")

_logger = logging.getLogger("backchannel.storage")


async def open_sqlite(url: str, *, connect: Connect = drivers.connect) -> SqliteStorage:
    """Open the file that `url` names, created if it does not exist. Raises `CannotOpen`."""
    return SqliteStorage(await asyncio.to_thread(_open, path_of(url), connect))


async def migrate_sqlite(url: str) -> None:
    """Bring the file to the current schema. Raises `CannotOpen`."""
    storage = await open_sqlite(url)
    await storage.close()


def path_of(url: str) -> Path:
    """The file a URL names: `sqlite:///relative.db`, `sqlite:////absolute.db`.

    The form `sqlite://./relative.db` is understood too.
    """
    name = url.removeprefix("sqlite://")
    if ":memory:" in name or name in {"", "/"}:
        raise CannotOpen(
            "a database in memory loses everything when the server stops;"
            " name a file, such as sqlite:///data/backchannel.db"
        )
    return Path(name.removeprefix("/"))


def _open(path: Path, connect: Connect) -> SqliteDatabase:
    drivers.require_version()
    reserve = DiskReserve(path)
    try:
        return _opened(path, connect, reserve)
    except (OSError, sqlite3.Error) as error:
        # Without room not even the index of the write-ahead log can be made, which reading needs.
        if not (is_full(error) and reserve.is_held and reserve.spend()):
            raise _refusal(path, error) from error
    return _open(path, connect)


def _opened(path: Path, connect: Connect, reserve: DiskReserve) -> SqliteDatabase:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_private(path)
    _require_one_name(path)
    driver = drivers.open_writer(path, connect)
    try:
        return _prepared(path, driver, connect, reserve)
    except BaseException:
        driver.close()
        raise


def _require_one_name(path: Path) -> None:
    """Raise `CannotOpen` for a file with hard links.

    Each name has its own lock and write-ahead log, so two servers would damage the file
    (sqlite.org, "How To Corrupt An SQLite Database File", section 2.4).
    """
    if path.stat().st_nlink > 1:
        raise CannotOpen(
            f"{path} has another name (a hard link), and would be damaged if it were opened under"
            f" both; remove the other one (find it with `find / -xdev -samefile {path}`)"
        )


def _prepared(path: Path, driver: Driver, connect: Connect, reserve: DiskReserve) -> SqliteDatabase:
    drivers.require_full_text(driver)
    small = is_small(path)
    finding = find_damage(driver) if small else None
    if finding is not None:
        raise damaged(path, finding)
    if needs_migration(_version(path, driver), name=str(path)):
        # Only now: most starts need no migration, and the import is slow.
        from backchannel.storage.sql.sqlite.migrating import migrate  # noqa: PLC0415

        migrate(path)
    count = CommitCount(path)
    try:
        recognise(path, driver, count)
        reserve.prepare()
        return SqliteDatabase(path, driver, connect, reserve, count, check_structure=not small)
    except BaseException:
        count.close()
        raise


def _refusal(path: Path, error: OSError | sqlite3.Error) -> CannotOpen:
    if isinstance(error, sqlite3.Error) and is_damage(error):
        return damaged(path, str(error))
    if is_full(error):
        return CannotOpen(f"{path} cannot be opened: the disk is full")
    return CannotOpen(f"{path} cannot be opened: {error}")


def _version(path: Path, driver: Driver) -> str | None:
    """The schema's version; None for an empty file."""
    if driver.execute(HAS_VERSION).fetchone()[0]:
        version: str | None = driver.execute(VERSION).fetchone()[0]
        return version
    if driver.execute(TABLES).fetchone()[0]:
        raise CannotOpen(f"{path} is another program's database; name another file")
    return None


def make_private(path: Path) -> None:
    """Make the file if it is missing, and make it unreadable for all other users.

    SQLite gives the files that it makes beside the database the same mode. Raises `OSError` only
    if the file cannot be made.
    """
    # One that is there is not opened: closing it would end the locks that SQLite, on another
    # connection of this process, has on it.
    if not path.exists():
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0o600))
    for suffix in SUFFIXES:
        _close_to_others(path.with_name(path.name + suffix))


def _close_to_others(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return
    if not mode & stat.S_IRWXO:
        return
    try:
        path.chmod(mode & ~stat.S_IRWXO)
    except OSError as error:
        _logger.warning(
            "%s can be read by every user of this machine (%s); run: chmod 600 %s",
            path,
            error.strerror,
            path,
        )
    else:
        _logger.warning("%s could be read by every user of this machine; it is private now", path)
