"""The driver's connections, and the settings of their sessions."""

# The driver's type hints are not complete; `Driver` and `Pool` below are the parts that are used.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportMissingParameterType=false, reportUnknownArgumentType=false

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any

import asyncmy
from asyncmy import errors

from backchannel.storage.sql.mysql.address import Address
from backchannel.storage.sql.mysql.products import Product
from backchannel.storage.sql.servers import connection as servers

CONNECT_SECONDS = 3
FOUND_ROWS = 2
"""The client flag by which an UPDATE counts the rows it finds, also those that stay as they are."""
DEADLOCK = 1213
AGAIN_CODES = frozenset({DEADLOCK, 1205, 1020, 1412})
"""A deadlock, a wait for a lock that took too long, and rows or tables that changed meanwhile."""

READ = "START TRANSACTION READ ONLY"
# Sessions are at REPEATABLE READ, so that a transaction that reads has one snapshot.
WRITE = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION"


class Conflicted(Exception):
    """Other transactions kept this one from its locks; it may well succeed a moment later."""


class Driver:
    """A connection, over which whole texts are sent: their values are in them as literals."""

    def __init__(self, connection: asyncmy.Connection) -> None:
        self._connection = connection

    async def fetch(self, query: str) -> Sequence[Sequence[Any]]:
        """The rows of a query."""
        async with self._connection.cursor() as cursor:
            await self._send(cursor, query)
            rows: Sequence[Sequence[Any]] = await cursor.fetchall()
            return rows

    async def fetchval(self, query: str) -> Any:
        """The first column of the first row; None without a row."""
        rows = await self.fetch(query)
        return rows[0][0] if rows else None

    async def execute(self, query: str) -> int:
        """The number of rows that a statement has changed, or found unchanged."""
        async with self._connection.cursor() as cursor:
            await self._send(cursor, query)
            changed: Any = cursor.rowcount
            return int(changed)

    @property
    def is_open(self) -> bool:
        return bool(self._connection.connected)

    def transaction(self, *, reading: bool = False) -> "DriverTransaction":
        """A transaction that is not started: one that writes, or one that reads a snapshot."""
        return DriverTransaction(self, READ if reading else WRITE)

    def terminate(self) -> None:
        """Close it at once, without notifying the server."""
        self._connection.close()

    async def _send(self, cursor: Any, query: str) -> None:
        try:
            # The driver would let halves of surrogate pairs pass.
            await cursor.execute(query.encode())
        except errors.Error as error:
            if code_of(error) in AGAIN_CODES:
                raise Conflicted(str(error)) from error
            raise


class DriverTransaction:
    """A transaction on a connection, which commits if its block succeeds."""

    def __init__(self, driver: Driver, beginning: str) -> None:
        self._driver = driver
        self._beginning = beginning

    async def start(self) -> None:
        await self._driver.execute(self._beginning)

    async def commit(self) -> None:
        await self._driver.execute("COMMIT")

    async def rollback(self) -> None:
        # A connection that was lost, or whose statement was cancelled, was rolled back by the
        # server.
        if self._driver.is_open:
            await self._driver.execute("ROLLBACK")

    async def __aenter__(self) -> object:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await (self.commit() if kind is None else self.rollback())


class Pool(servers.Pool[Driver]):
    """A pool that opens its connections as they are needed."""

    def __init__(self, pool: asyncmy.Pool) -> None:
        self._pool = pool
        # The driver's `terminate` leaves unused connections open.
        self._connections: set[asyncmy.Connection] = set()

    @asynccontextmanager
    async def _acquired(self) -> AsyncGenerator[Driver]:
        try:
            # The driver waits for the greeting without a limit: see `connect`.
            async with asyncio.timeout(CONNECT_SECONDS):
                connection = await self._pool.acquire()
        except RuntimeError as error:  # it was closed meanwhile
            raise ConnectionError(str(error)) from error
        self._connections.add(connection)
        try:
            yield Driver(connection)
        finally:
            if not connection.connected:
                self._connections.discard(connection)
            self._pool.release(connection)

    def acquire(self) -> Any:
        return self._acquired()

    async def close(self) -> None:
        self._pool.close()
        await self._pool.wait_closed()

    def terminate(self) -> None:
        self._pool.terminate()
        while self._connections:
            self._connections.pop().close()


def code_of(error: Exception) -> int:
    """The number of one of the server's errors, or of the driver's own; 0 without one."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, int) else 0


async def connect(address: Address) -> Driver:
    """A separate connection, outside of the pool, with the server's default session."""
    # The driver's own limit does not include the greeting, which other programs never send.
    async with asyncio.timeout(CONNECT_SECONDS):
        return Driver(await asyncmy.connect(**_options(address)))


async def new_pool(address: Address, product: Product) -> Pool:
    """A pool that opens its connections as they are needed."""
    made = await asyncmy.create_pool(
        minsize=0,
        maxsize=address.pool_size - 1,
        pool_recycle=-1,
        init_command=product.session,
        **_options(address),
    )
    return Pool(made)


def _options(address: Address) -> dict[str, Any]:
    return {
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "password": address.password,
        "database": address.database,
        "ssl": address.tls(),
        "connect_timeout": CONNECT_SECONDS,
        "charset": "utf8mb4",
        "client_flag": FOUND_ROWS,
        "autocommit": True,
        "program_name": "backchannel",
    }
