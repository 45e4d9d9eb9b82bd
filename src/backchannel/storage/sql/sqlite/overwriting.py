"""Overwriting the bytes that a file has no use for, while others read and write it (rule S22).

SQLite writes to the file only when it copies pages from the write-ahead log, and it does not do so
as long as there is a reader whose snapshot is older than the log. Such a reader is opened here. So
until it ends

- no process writes to the file, and its gaps can be overwritten without a lock;
- every page that is changed is in the log.

Then the log is copied into the file beside the writer, and the changed pages are the next round's,
until few are left: these are done under the writer's lock. Copies of pages in memory have the old
bytes, so every connection has to read its pages again.
"""

import os
import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from backchannel.domain.errors import Unavailable
from backchannel.storage.sql.sqlite.connection import SqliteConnection
from backchannel.storage.sql.sqlite.driver import BUSY_TIMEOUT, Connect, Driver, open_reader
from backchannel.storage.sql.sqlite.faults import as_unavailable
from backchannel.storage.sql.sqlite.unused_bytes import (
    LoggedPages,
    UnknownPage,
    all_pages,
    overwrite_gaps,
    page_size,
    spans,
)

READERS_TIMEOUT = 10
"""Milliseconds that the writer waits for readers of the log, before others get their turn."""
MOST_AT_THE_END = 256
"""Pages of the log that are copied and done under the writer's lock: some milliseconds."""
ROUNDS = 8
"""Rounds after which more of them are done: writers have changed as many in each one."""


class Overwriter:
    """Overwrites the gaps of one file, in rounds.

    The writer calls `begin` and `end` outside of transactions; `copy_log` and `overwrite` may run
    in any thread between the two. `descriptor` must stay open as long as SQLite has the file open:
    closing any descriptor of the file ends SQLite's locks on it.
    """

    def __init__(self, path: Path, descriptor: int, connect: Connect) -> None:
        self._path = path
        self._log = path.with_name(f"{path.name}-wal")
        self._descriptor = descriptor
        self._connect = connect
        self._file: Driver | None = None
        """Has a snapshot of the file alone, so that nothing is written to it."""
        self._kept: Driver | None = None
        """Has a snapshot of the log, so that the log is not restarted while it is copied."""
        self._logged: LoggedPages | None = None
        """The pages in the log, while `_kept` has its snapshot."""
        self._version: object = None
        self._holds = False
        self._changed: Sequence[range] | None = None
        self._rounds = 0
        self._ended = threading.Event()
        self._in_use = threading.Lock()
        """Held while the connections must not be closed."""

    def copy_log(self) -> None:
        """Copy pages from the log into the file while others write, and note which ones.

        Raises `Unavailable`.
        """
        with self._in_use, self._refusing():
            if self._ended.is_set() or self._holds:
                return
            try:
                if self._logged is not None:
                    self._logged.read()
                self._file = self._file or open_reader(self._path, self._connect)
                self._file.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            except sqlite3.Error as error:
                raise as_unavailable(error) from error

    async def begin(self, connection: SqliteConnection) -> bool:
        """Keep SQLite from writing to the file; False while a reader uses the log.

        Raises `sqlite3.Error` and `Unavailable`.
        """
        with self._in_use, self._refusing():
            if not self._holds and not self._ended.is_set():
                self._changed = await self._noted(connection)
                self._holds = await _empty_log(connection) and self._hold()
                if not self._holds or await _version(connection) != self._version:
                    self._changed = None  # which pages is not known: all of them may have
            return self._holds

    def overwrite(self) -> None:
        """Overwrite the gaps of all pages, or of those that changed during the last round.

        Raises `Unavailable` if that is not possible.
        """
        with self._in_use, self._refusing():
            if not self._ended.is_set():  # otherwise others write to the file again
                self._overwrite(self._changed, ended=self._ended)
                self._rounds += 1

    async def end(self, connection: SqliteConnection) -> bool:
        """Overwrite the gaps of the pages that have changed meanwhile; True if none is left.

        If they are many, let others write to the file again: they are for another round. Raises
        `sqlite3.Error` and `Unavailable`.
        """
        with self._in_use, self._refusing():
            if self._ended.is_set():
                return False
            logged = LoggedPages(self._log)
            most = MOST_AT_THE_END * page_size(self._descriptor)
            if self._log.stat().st_size > most and self._rounds < ROUNDS:
                self._keep(logged)
                return False
            return await self._end(connection, logged)

    async def _end(self, connection: SqliteConnection, logged: LoggedPages) -> bool:
        self._version = await _version(connection, logged)
        self._release()
        if not await _empty_log(connection):
            return False
        await connection.run("BEGIN IMMEDIATE")
        try:
            # Another process may have written in between, and its pages are not known.
            missed = await _version(connection) != self._version
            done = not missed and self._log_is_empty()
            if done:
                self._overwrite(spans(logged.numbers))
                # Every other connection notices a commit, and reads its pages again.
                await connection.run("PRAGMA user_version = 0")
        except BaseException:
            await connection.run("ROLLBACK")
            raise
        await connection.run("COMMIT")
        if done:
            await connection.run("PRAGMA shrink_memory")
        return done

    def sync(self) -> None:
        """Wait until the overwritten bytes are on disk. Raises `OSError`."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Overwrite nothing more, and let SQLite write to the file again."""
        self._ended.set()
        with self._in_use:
            for connection in (self._file, self._kept):
                if connection is not None:
                    connection.close()

    def _hold(self) -> bool:
        """Open a snapshot of the file alone; False if another process has just written."""
        self._file = self._file or open_reader(self._path, self._connect)
        _open_snapshot(self._file)
        if self._log_is_empty():
            return True
        self._file.execute("COMMIT")
        return False

    def _release(self) -> None:
        if self._file is not None:
            self._file.execute("COMMIT")
        self._holds = False

    def _keep(self, logged: LoggedPages) -> None:
        """Let others copy the log, up to its current end, but not restart it."""
        self._kept = self._kept or open_reader(self._path, self._connect)
        _open_snapshot(self._kept)
        self._logged = logged
        self._release()

    async def _noted(self, connection: SqliteConnection) -> Sequence[range] | None:
        """The pages that changed since the last round; None: all may have, or this is the first."""
        logged, self._logged = self._logged, None
        if logged is None or self._kept is None:
            return None
        try:
            self._version = await _version(connection, logged)
        finally:
            self._kept.execute("COMMIT")
        return spans(logged.numbers)

    def _log_is_empty(self) -> bool:
        return self._log.stat().st_size == 0

    def _overwrite(
        self, pages: Sequence[range] | None, *, ended: threading.Event | None = None
    ) -> None:
        there = all_pages(self._descriptor)
        some = [there] if pages is None else [_common(there, each) for each in pages]
        overwrite_gaps(self._descriptor, some, ended=ended)

    @contextmanager
    def _refusing(self) -> Generator[None]:
        """Raise `Unavailable` for errors of the file system and for unknown pages."""
        try:
            yield
        except (OSError, UnknownPage) as error:
            raise Unavailable(f"{self._path} cannot be overwritten: {error}") from error


def _common(first: range, second: range) -> range:
    return range(max(first.start, second.start), min(first.stop, second.stop))


def _open_snapshot(driver: Driver) -> None:
    driver.execute("BEGIN")
    driver.execute("SELECT count(*) FROM sqlite_schema").fetchone()


async def _version(connection: SqliteConnection, logged: LoggedPages | None = None) -> object:
    """A number that changes when another process writes; `logged` is up to date with it."""
    if logged is None:
        return await connection.run("PRAGMA data_version")
    logged.read()
    await connection.run("BEGIN IMMEDIATE")
    try:
        logged.read()
        return await connection.run("PRAGMA data_version")
    finally:
        await connection.run("ROLLBACK")


async def _empty_log(connection: SqliteConnection) -> bool:
    """Copy the write-ahead log into the file and empty it; False while a reader uses it."""
    await connection.run(f"PRAGMA busy_timeout = {READERS_TIMEOUT}")
    try:
        busy, *_ = await connection.run("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        await connection.run(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
    return not busy
