"""An open database of a server: `sql.database.Database` over a pool of connections."""

import asyncio
import logging
import random
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, ClassVar, Generic, Protocol, TypeAlias, TypeVar

from backchannel.domain.errors import ChatError, Overloaded, Unavailable
from backchannel.storage.shared.threads import LoopThread
from backchannel.storage.sql.database import Transaction
from backchannel.storage.sql.servers.connection import Driver, DriverTransaction, Pool
from backchannel.storage.sql.servers.health import HealthCheck
from backchannel.telemetry.failures import reason

T = TypeVar("T")
D = TypeVar("D", bound=Driver)
Work: TypeAlias = Callable[[Transaction], Awaitable[T]]
Errors: TypeAlias = tuple[type[Exception], ...]


class Closable(Protocol):
    async def close(self) -> None: ...


WAITING_LIMIT = 1024
"""Transactions that may be under way or wait for a connection."""
CLOSE_SECONDS = 10.0
ATTEMPTS = 8
"""The number of attempts at a transaction that others keep from its locks."""
PAUSE = 0.05
"""Seconds before the next attempt, at most; a random part of it."""
CROWDED_SECONDS = 5.0
"""How long to wait for a connection while the server allows no more of them."""
CROWDED_LOG_SECONDS = 60.0
"""Seconds between two lines of the log that say so."""

_logger = logging.getLogger("backchannel.storage")


class ServerDatabase(ABC, Generic[D]):
    """A pool of connections, used on a separate thread.

    Writing transactions run side by side, at the isolation level READ COMMITTED: the locks that
    they take first keep them apart (`sql.locks`). Reading ones have one snapshot each.
    """

    again: ClassVar[Errors]
    """Nothing was stored, and the same transaction may well succeed a moment later."""
    refused: ClassVar[Errors]
    """The driver's errors, and those of values that cannot be passed to it."""

    def __init__(self, thread: LoopThread, pool: Pool[D], *, connections: int) -> None:
        """At most `connections` are in use at once."""
        self._thread = thread
        self._pool = pool
        self._room = asyncio.Semaphore(connections)
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._crowded_at = -CROWDED_LOG_SECONDS
        self._closed = False
        self._health_check: HealthCheck[D] | None = None
        self._others: Sequence[Closable] = ()
        self.written = asyncio.Event()
        """Set, on the thread, by each transaction that has written."""

    @abstractmethod
    async def new_pool(self) -> Pool[D]:
        """Another pool, whose connections are made as they are needed."""

    @abstractmethod
    def transaction(self, driver: D) -> DriverTransaction:
        """A transaction that writes, not started yet."""

    @abstractmethod
    def snapshot(self, driver: D) -> AbstractAsyncContextManager[object]:
        """A transaction that reads, for the length of a block."""

    @abstractmethod
    def view(self, driver: D) -> Transaction:
        """The statements' view of a transaction."""

    @abstractmethod
    def as_refusal(self, error: Exception, *, committing: bool = False) -> ChatError:
        """The error that the caller gets for one of the driver's."""

    @abstractmethod
    def is_crowded(self, error: Exception) -> bool:
        """True if the server has refused a connection because it has too many."""

    def use_health_check(self, health_check: HealthCheck[D], *others: Closable) -> None:
        """Consult `health_check` before each connection; close it and `others` at the end."""
        self._health_check = health_check
        self._others = (*others, health_check)

    async def abort(self) -> None:
        """Give up all connections and the work on them; new ones are made when needed."""
        lost, self._pool = self._pool, await self.new_pool()
        lost.terminate()

    async def read(self, work: Work[T], /) -> T:
        return await self._do(self._read, work)

    async def write(self, work: Work[T], /) -> T:
        return await self._do(self._write, work)

    async def write_in_turn(self, work: Work[T], /) -> T:
        return await self._do(self._write_in_turn, work)

    async def run(self, work: Callable[[D], Awaitable[T]]) -> T:
        """Do `work` on a connection, outside of a transaction."""
        return await self._do(self.on_connection, work)

    async def on_connection(self, work: Callable[[D], Awaitable[T]]) -> T:
        """Like `run`, on the thread."""
        async with self._connection() as driver:
            try:
                return await work(driver)
            except self.again as error:
                raise self.as_refusal(error) from error

    async def check(self) -> None:
        async def ask(driver: D) -> None:
            await driver.execute("SELECT 1")

        await self.run(ask)

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            await self._thread.run(self._close())
            await self._thread.stop()

    async def _close(self) -> None:
        for each in self._others:
            await each.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._pool.close()
        except TimeoutError:  # the server no longer answers
            self._pool.terminate()

    async def _do(self, how: Callable[[Any], Any], work: Callable[[Any], Awaitable[T]]) -> T:
        """Do `work` on the thread; raise its errors as those of the storage port."""
        if self._closed:
            raise Unavailable("the database is closed", retry_after=1)
        if self._waiting >= WAITING_LIMIT:
            raise Overloaded("the database has too much to do; try again shortly", retry_after=1)
        self._waiting += 1
        try:
            result: T = await self._thread.run(how(work))
            return result
        finally:
            self._waiting -= 1

    async def _read(self, work: Work[T]) -> T:
        async with self._connection() as driver:
            try:
                async with self.snapshot(driver):
                    return await work(self.view(driver))
            except self.refused as error:
                raise self.as_refusal(error) from error

    async def _write_in_turn(self, work: Work[T]) -> T:
        async with self._turn:
            return await self._write(work)

    async def _write(self, work: Work[T]) -> T:
        for attempt in range(ATTEMPTS):
            try:
                return await self._write_once(work)
            except self.again as error:
                if attempt == ATTEMPTS - 1:
                    raise Unavailable(
                        f"other transactions prevented it ({type(error).__name__})", retry_after=1
                    ) from error
            await asyncio.sleep(PAUSE * random.random())  # noqa: S311 - no secret
        raise AssertionError("the last attempt has returned or raised")

    async def _write_once(self, work: Work[T]) -> T:
        async with self._connection() as driver:
            transaction = self.transaction(driver)
            committing = False
            try:
                await transaction.start()
                try:
                    result = await work(self.view(driver))
                except BaseException:
                    await transaction.rollback()
                    raise
                committing = True
                await transaction.commit()
            except self.again:
                raise
            except self.refused as error:
                raise self.as_refusal(error, committing=committing) from error
        self.written.set()
        return result

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[D]:
        try:
            async with self._room, AsyncExitStack() as held:
                yield await self._acquire(held)
        except ChatError:
            raise
        except self.again:
            raise
        except self.refused as error:
            raise self.as_refusal(error) from error

    async def _acquire(self, held: AsyncExitStack) -> D:
        """A connection until `held` ends; one of those in use if the server allows no more."""
        until = time.monotonic() + CROWDED_SECONDS
        while True:
            if self._health_check is not None:
                self._health_check.require()
            try:
                return await held.enter_async_context(self._pool.acquire())
            except self.refused as error:
                if not self.is_crowded(error):
                    raise
                self._note_crowded(error)
                if time.monotonic() > until:
                    raise Overloaded(
                        "the database allows no more connections; try again shortly", retry_after=1
                    ) from error
            await asyncio.sleep(PAUSE * random.random())  # noqa: S311 - no secret

    def _note_crowded(self, error: Exception) -> None:
        now = time.monotonic()
        if now - self._crowded_at >= CROWDED_LOG_SECONDS:
            self._crowded_at = now
            _logger.error(
                "the database allows no more connections (%s): choose a smaller pool_size in the"
                " database URL, or let the server have more",
                reason(error),
            )
