"""An open PostgreSQL database: `sql.database.Database` over a pool of connections."""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeAlias, TypeVar

from backchannel.domain.errors import ChatError, Overloaded, Unavailable
from backchannel.storage.sql.database import Connection
from backchannel.storage.sql.postgresql.connection import PostgresqlConnection, Texts
from backchannel.storage.sql.postgresql.driver import Address, Driver, Pool, new_pool
from backchannel.storage.sql.postgresql.faults import AGAIN, REFUSED, as_refusal
from backchannel.storage.sql.postgresql.health import Watch
from backchannel.storage.sql.postgresql.threads import LoopThread

T = TypeVar("T")
Work: TypeAlias = Callable[[Connection], Awaitable[T]]


class Closable(Protocol):
    async def close(self) -> None: ...


WAITING_LIMIT = 1024
"""Transactions that may be under way or wait for a connection."""
CLOSE_SECONDS = 10.0
ATTEMPTS = 8
"""The number of attempts at a transaction that others keep from its locks."""
PAUSE = 0.05
"""Seconds before the next attempt, at most; a random part of it."""


class PostgresqlDatabase:
    """A pool of connections, used on a thread of its own.

    Writing transactions run side by side, at the isolation level READ COMMITTED: the locks that
    they take first keep them apart (`sql.locks`). Reading ones have one snapshot each.
    """

    def __init__(self, address: Address, thread: LoopThread, pool: Pool) -> None:
        self._address = address
        self._thread = thread
        self._texts = Texts()
        self._pool = pool
        self._room = asyncio.Semaphore(address.pool_size - 1)
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._closed = False
        self._watch: Watch | None = None
        self._others: Sequence[Closable] = ()
        self.written = asyncio.Event()
        """Set, on the thread, by each transaction that has written."""

    @classmethod
    async def open(cls, address: Address, thread: LoopThread) -> "PostgresqlDatabase":
        """On the thread: no connection is made before it is needed."""
        return cls(address, thread, await new_pool(address))

    def attend(self, watch: Watch, *others: Closable) -> None:
        """Ask `watch` if the database is there; what works beside it is closed with it."""
        self._watch = watch
        self._others = (*others, watch)

    async def abort(self) -> None:
        """Give up all connections and what is under way on them; new ones are made when needed."""
        lost, self._pool = self._pool, await new_pool(self._address)
        lost.terminate()

    async def read(self, work: Work[T], /) -> T:
        return await self._do(self._read, work)

    async def write(self, work: Work[T], /) -> T:
        return await self._do(self._write, work)

    async def write_in_turn(self, work: Work[T], /) -> T:
        return await self._do(self._write_in_turn, work)

    async def run(self, work: Callable[[Driver], Awaitable[T]]) -> T:
        """Do `work` on a connection, outside of a transaction."""
        return await self._do(self.on_connection, work)

    async def on_connection(self, work: Callable[[Driver], Awaitable[T]]) -> T:
        """As `run`, on the thread."""
        async with self._connection() as driver:
            try:
                return await work(driver)
            except AGAIN as error:
                raise as_refusal(error) from error

    async def check(self) -> None:
        async def ask(driver: Driver) -> None:
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
        except TimeoutError:  # the server answers nothing any more
            self._pool.terminate()

    async def _do(self, how: Callable[[Any], Any], work: Callable[[Any], Awaitable[T]]) -> T:
        """Do `work` on the thread, and tell its errors as the port says."""
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
                async with driver.transaction(isolation="repeatable_read", readonly=True):
                    return await work(PostgresqlConnection(driver, self._texts))
            except REFUSED as error:
                raise as_refusal(error) from error

    async def _write_in_turn(self, work: Work[T]) -> T:
        async with self._turn:
            return await self._write(work)

    async def _write(self, work: Work[T]) -> T:
        for attempt in range(ATTEMPTS):
            try:
                return await self._write_once(work)
            except AGAIN as error:
                if attempt == ATTEMPTS - 1:
                    raise Unavailable(
                        f"others kept the database from it ({type(error).__name__})", retry_after=1
                    ) from error
            await asyncio.sleep(PAUSE * random.random())  # noqa: S311 - no secret
        raise AssertionError("the last attempt has returned or raised")

    async def _write_once(self, work: Work[T]) -> T:
        async with self._connection() as driver:
            transaction = driver.transaction()
            committing = False
            try:
                await transaction.start()
                try:
                    result = await work(PostgresqlConnection(driver, self._texts))
                except BaseException:
                    await transaction.rollback()
                    raise
                committing = True
                await transaction.commit()
            except AGAIN:
                raise
            except REFUSED as error:
                raise as_refusal(error, committing=committing) from error
        self.written.set()
        return result

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[Driver]:
        try:
            async with self._room:
                if self._watch is not None:
                    self._watch.require()
                async with self._pool.acquire() as driver:
                    yield driver
        except (ChatError, *AGAIN):
            raise
        except REFUSED as error:
            raise as_refusal(error) from error
