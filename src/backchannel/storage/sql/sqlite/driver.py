"""The interface of a SQLite driver, and its implementation with the standard library."""

import sqlite3
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from backchannel.storage import CannotOpen

MINIMUM_VERSION = (3, 38, 0)
"""The first SQLite with JSON and its `->>` operator in every build."""

Parameters = Mapping[str, object] | Sequence[object]


class Cursor(Protocol):
    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...


class Driver(Protocol):
    """A connection of the standard library's `sqlite3`, or one that behaves the same."""

    @property
    def in_transaction(self) -> bool: ...

    def execute(self, sql: str, parameters: Any = (), /) -> Cursor: ...

    def interrupt(self) -> None: ...

    def close(self) -> None: ...


Connect = Callable[[Path], Driver]
"""Open a connection to a file, in autocommit mode, to be used by one thread at a time."""

BUSY_TIMEOUT = 5_000
"""Milliseconds to wait for another process that writes."""

AUTOCHECKPOINT = 8_000
"""Pages in the write-ahead log, 32 MB, after which they are copied into the database."""

# The size of a page in the write-ahead log, whose sync every acknowledgement waits for, is
# SQLite's default. A checkpoint every 8,000 pages (32 MB) writes a page that is busy in many
# batches only once; a sync that fails there leaves the log as it is, to be copied again.
# Deleted bytes are overwritten in place: the cost for appending is too small to measure.
PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    f"PRAGMA wal_autocheckpoint = {AUTOCHECKPOINT}",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA cache_size = -65536",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA secure_delete = ON",
)
READER_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT}",
    "PRAGMA query_only = ON",
    "PRAGMA cache_size = -8192",
    "PRAGMA temp_store = MEMORY",
)


def connect(path: Path) -> Driver:
    """A connection of the standard library's driver."""
    return sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=256
    )


def require_version() -> str:
    """The version of this Python's SQLite. Raises `CannotOpen` if it is too old."""
    if sqlite3.sqlite_version_info < MINIMUM_VERSION:
        needed = ".".join(map(str, MINIMUM_VERSION))
        raise CannotOpen(
            f"SQLite {sqlite3.sqlite_version} is too old: {needed} or newer is needed;"
            " install a newer Python or SQLite library"
        )
    return sqlite3.sqlite_version


def require_full_text(driver: Driver) -> None:
    """Raise `CannotOpen` if this SQLite was built without its full-text index."""
    found = driver.execute("SELECT count(*) FROM pragma_module_list WHERE name = 'fts5'")
    if not found.fetchone()[0]:
        raise CannotOpen("this SQLite was built without FTS5, which searches messages; install one")


def open_writer(path: Path, connect: Connect) -> Driver:
    """A connection that makes every commit durable before it returns (rule R1)."""
    with _closed_on_failure(connect(path)) as driver:
        for pragma in PRAGMAS:
            row = driver.execute(pragma).fetchone()
            if pragma.startswith("PRAGMA journal_mode") and row[0] != "wal":
                raise CannotOpen(
                    f"{path}: the file system does not support write-ahead logging;"
                    " keep the database on a local disk"
                )
    return driver


def open_reader(path: Path, connect: Connect) -> Driver:
    """A connection that cannot write."""
    with _closed_on_failure(connect(path)) as driver:
        for pragma in READER_PRAGMAS:
            driver.execute(pragma).fetchone()
    return driver


@contextmanager
def _closed_on_failure(driver: Driver) -> Generator[Driver]:
    try:
        yield driver
    except BaseException:
        driver.close()
        raise
