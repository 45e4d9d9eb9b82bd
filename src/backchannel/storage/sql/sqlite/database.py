"""An open SQLite database: `sql.database.Database` over its threads."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import literal, select

from backchannel.domain.errors import Overloaded, Unavailable
from backchannel.storage.sql.database import Transaction
from backchannel.storage.sql.sqlite.connection import StatementCache
from backchannel.storage.sql.sqlite.driver import Connect, Driver, open_reader
from backchannel.storage.sql.sqlite.faults import DiskFull
from backchannel.storage.sql.sqlite.file_watch import FileWatch
from backchannel.storage.sql.sqlite.health import IntegrityCheck
from backchannel.storage.sql.sqlite.jobs import JobQueue, Reader
from backchannel.storage.sql.sqlite.overwriting import Overwriter
from backchannel.storage.sql.sqlite.reserve import DiskReserve
from backchannel.storage.sql.sqlite.rollback import CommitCount
from backchannel.storage.sql.sqlite.scrubbing import KEEP_LOG, copy_log_again, keep_log
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
        reserve: DiskReserve,
        count: CommitCount,
        *,
        check_structure: bool,
    ) -> None:
        self._path = path
        self._connect = connect
        statements = StatementCache()
        self._writes = JobQueue(QUEUE_LIMIT)
        self._reads = JobQueue(QUEUE_LIMIT)
        self._reserve = reserve
        self._probe: asyncio.Future[None] | None = None
        self._overwriters: list[Overwriter] = []
        if reserve.is_spent:
            driver.execute(KEEP_LOG)
        self._count = count
        self._writer = Writer(driver, statements, self._writes, self._reserve, count)
        with contextlib.ExitStack() as undo:
            self._readers: list[Reader] = []
            for _ in range(READERS):
                reader = open_reader(path, connect)
                undo.callback(reader.close)
                self._readers.append(Reader(reader, statements, self._reads))
            self._integrity_check = IntegrityCheck(
                path, connect, self._writer.stop, structure=check_structure
            )
            undo.callback(self._integrity_check.close)
            self._file_watch = FileWatch(path, self._writer)
            undo.pop_all()
        self._threads = [self._writer.thread, *(reader.thread for reader in self._readers)]
        for thread in self._threads:
            thread.start()

    async def read(self, work: Callable[[Transaction], Awaitable[T]], /) -> T:
        return await self._reads.run(work)

    async def write(
        self, work: Callable[[Transaction], Awaitable[T]], /, *, essential: bool = False
    ) -> T:
        if self._reserve.is_spent and not essential:
            await self._require_room()
        try:
            return await self._writes.run(work)
        except DiskFull:
            if not (essential and await self._make_room()):
                raise
        return await self._writes.run(work)

    async def write_in_turn(self, work: Callable[[Transaction], Awaitable[T]], /) -> T:
        return await self.write(work)

    async def _make_room(self) -> bool:
        if not self._reserve.is_held:
            return self._reserve.is_spent
        # A checkpoint would use up the room, because the database grows.
        await self._writes.run(keep_log, outside_transaction=True)
        spent = self._reserve.spend()
        if not spent:
            await self._writes.run(copy_log_again, outside_transaction=True)
        return spent

    async def _require_room(self) -> None:
        if not await asyncio.to_thread(self._reserve.restore):
            raise DiskFull
        await self._writes.run(copy_log_again, outside_transaction=True)

    async def overwrite_unused(self) -> None:
        async with self._overwriting() as overwriter:
            await self._overwrite(overwriter)

    @contextlib.asynccontextmanager
    async def _overwriting(self) -> AsyncGenerator[Overwriter]:
        """An overwriter that ends here, or when the database is closed."""
        overwriter = Overwriter(self._path, self._file_watch.descriptor, self._connect)
        self._overwriters.append(overwriter)
        try:
            yield overwriter
        finally:
            await asyncio.to_thread(overwriter.close)
            self._overwriters.remove(overwriter)

    async def _overwrite(self, overwriter: Overwriter) -> None:
        for _ in range(LOG_ATTEMPTS):
            await asyncio.to_thread(self._copy_log, overwriter)
            if await self._writes.run(overwriter.begin, outside_transaction=True):
                await asyncio.to_thread(overwriter.overwrite)
                if await self._writes.run(overwriter.end, outside_transaction=True):
                    break
            else:
                await asyncio.sleep(LOG_PAUSE)
        else:
            raise Unavailable("the write-ahead log is in use by a reader", retry_after=1)
        try:
            await asyncio.to_thread(overwriter.sync)
        except OSError as error:
            self._writer.stop("the disk failed to sync; check it, then restart the server")
            raise Unavailable(f"{self._path} cannot be overwritten: {error}") from error

    async def copy_log(self) -> None:
        async with self._overwriting() as overwriter:
            await asyncio.to_thread(self._copy_log, overwriter)

    def _copy_log(self, overwriter: Overwriter) -> None:
        with self._file_watch.copying:  # otherwise a growing file may be taken for a truncated one
            overwriter.copy_log()

    async def check(self) -> None:
        if self._writer.stopped is not None:
            raise Unavailable(f"the database is no longer written to: {self._writer.stopped}")
        await self._require_no_lock()
        await self.read(lambda transaction: transaction.fetch(ONE, int))

    async def _require_no_lock(self) -> None:
        """Raise `Unavailable` while another program keeps the writer waiting."""
        since = self._writer.blocked_since
        if since is None:
            return
        if self._probe is None or self._probe.done():
            # Without requests, only an attempt shows that the lock is gone.
            self._probe = asyncio.ensure_future(self._try_to_write())
        seconds = time.monotonic() - since
        if seconds > LOCKED_SECONDS:
            raise Unavailable(
                f"another program has locked the database for {seconds:.0f} s; end that program"
            )

    async def _try_to_write(self) -> None:
        with contextlib.suppress(Unavailable, Overloaded):
            await self._writes.run(lambda transaction: transaction.fetch(ONE, int))

    async def close(self) -> None:
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        for overwriter in list(self._overwriters):  # the event loop may remove it meanwhile
            overwriter.close()
        self._integrity_check.close()
        self._file_watch.stop()
        # The readers first: the write-ahead log can be emptied only when none is open.
        self._reads.close()
        for reader in self._readers:
            reader.thread.join()
        self._writes.close()
        self._writer.thread.join()
        self._count.close()
        self._file_watch.close()
