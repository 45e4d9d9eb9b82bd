"""An open SQLite database: `sql.database.Database` over its threads."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import literal, select

from backchannel.domain.errors import Overloaded, Unavailable
from backchannel.storage.sql.database import Connection
from backchannel.storage.sql.sqlite.connection import Texts
from backchannel.storage.sql.sqlite.driver import Connect, Driver, open_reader
from backchannel.storage.sql.sqlite.faults import DiskFull
from backchannel.storage.sql.sqlite.file_watch import FileWatch
from backchannel.storage.sql.sqlite.health import Watch
from backchannel.storage.sql.sqlite.jobs import JobQueue
from backchannel.storage.sql.sqlite.readers import Reader
from backchannel.storage.sql.sqlite.reserve import Reserve
from backchannel.storage.sql.sqlite.rewriting import (
    KEEP_LOG,
    copy_log,
    empty_log,
    keep_log,
    require_room,
    rewrite,
)
from backchannel.storage.sql.sqlite.rollback import CommitCount
from backchannel.storage.sql.sqlite.writer import Writer

T = TypeVar("T")

READERS = 2
QUEUE_LIMIT = 1024
"""Jobs that may wait for the writer, and as many for the readers."""
LOCKED_SECONDS = 2
"""Seconds that the writer may wait for a lock of another program before the database is said to
be unavailable: a command beside the server holds it for less."""
LOG_ATTEMPTS = 100
LOG_PAUSE = 0.1
"""The attempts to empty the write-ahead log, and the seconds between them: reads are short, except
for a check of the whole file."""

ONE = select(literal(1))


class SqliteDatabase:
    """A file with a single writer and a few readers."""

    def __init__(
        self,
        path: Path,
        driver: Driver,
        connect: Connect,
        reserve: Reserve,
        count: CommitCount,
        *,
        watched: bool,
    ) -> None:
        self._path = path
        texts = Texts()
        self._writes = JobQueue(QUEUE_LIMIT)
        self._reads = JobQueue(QUEUE_LIMIT)
        self._reserve = reserve
        self._probe: asyncio.Future[None] | None = None
        if reserve.is_spent:
            driver.execute(KEEP_LOG)
        self._count = count
        self._writer = Writer(driver, texts, self._writes, self._reserve, count)
        with contextlib.ExitStack() as undo:
            self._readers: list[Reader] = []
            for _ in range(READERS):
                reader = open_reader(path, connect)
                undo.callback(reader.close)
                self._readers.append(Reader(reader, texts, self._reads))
            self._watch = Watch(path, connect, self._writer.stop, structure=watched)
            undo.callback(self._watch.close)
            self._file_watch = FileWatch(path, self._writer)
            undo.pop_all()
        self._threads = [self._writer.thread, *(reader.thread for reader in self._readers)]
        for thread in self._threads:
            thread.start()

    async def read(self, work: Callable[[Connection], Awaitable[T]], /) -> T:
        return await self._reads.submit(work)

    async def write(
        self, work: Callable[[Connection], Awaitable[T]], /, *, vital: bool = False
    ) -> T:
        if self._reserve.is_spent and not vital:
            await self._require_room()
        try:
            return await self._writes.submit(work)
        except DiskFull:
            if not (vital and await self._make_room()):
                raise
        return await self._writes.submit(work)

    async def write_in_turn(self, work: Callable[[Connection], Awaitable[T]], /) -> T:
        return await self.write(work)

    async def _make_room(self) -> bool:
        if not self._reserve.is_held:
            return self._reserve.is_spent
        # A checkpoint would take the room, to let the database grow.
        await self._writes.submit(keep_log, apart=True)
        spent = self._reserve.spend()
        if not spent:
            await self._writes.submit(copy_log, apart=True)
        return spent

    async def _require_room(self) -> None:
        if not await asyncio.to_thread(self._reserve.restore):
            raise DiskFull
        await self._writes.submit(copy_log, apart=True)

    async def rewrite(self) -> None:
        await asyncio.to_thread(require_room, self._path)
        await self._writes.submit(lambda connection: rewrite(connection, self._path), apart=True)
        for _ in range(LOG_ATTEMPTS):
            if await self._writes.submit(empty_log, apart=True):
                return
            await asyncio.sleep(LOG_PAUSE)
        raise Unavailable("the write-ahead log is being read by somebody", retry_after=1)

    async def check(self) -> None:
        if self._writer.stopped is not None:
            raise Unavailable(f"the database is written no more: {self._writer.stopped}")
        await self._require_no_lock()
        await self.read(lambda connection: connection.fetch(ONE, int))

    async def _require_no_lock(self) -> None:
        """Raise `Unavailable` while another program keeps the writer waiting."""
        since = self._writer.blocked_since
        if since is None:
            return
        if self._probe is None or self._probe.done():
            # Without requests, only an attempt tells that the lock is gone.
            self._probe = asyncio.ensure_future(self._try_to_write())
        seconds = time.monotonic() - since
        if seconds > LOCKED_SECONDS:
            raise Unavailable(
                f"another program has locked the database for {seconds:.0f} s; end that program"
            )

    async def _try_to_write(self) -> None:
        with contextlib.suppress(Unavailable, Overloaded):
            await self._writes.submit(lambda connection: connection.fetch(ONE, int))

    async def close(self) -> None:
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._watch.close()
        self._file_watch.stop()
        # The readers first: an emptied write-ahead log needs nobody in it.
        self._reads.close()
        for reader in self._readers:
            reader.thread.join()
        self._writes.close()
        self._writer.thread.join()
        self._count.close()
        self._file_watch.close()
