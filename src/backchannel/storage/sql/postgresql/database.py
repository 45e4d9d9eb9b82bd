"""An open PostgreSQL database, and the view that statements have of its connections."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from sqlalchemy import Delete, Insert, SelectBase, Table, Update

from backchannel.domain.errors import ChatError
from backchannel.storage.shared.threads import LoopThread
from backchannel.storage.sql.database import Transaction
from backchannel.storage.sql.postgresql.driver import Address, Driver, Pool, new_pool
from backchannel.storage.sql.postgresql.faults import AGAIN, CROWDED, REFUSED, UNIQUE, as_refusal
from backchannel.storage.sql.postgresql.statements import Statement, insertion
from backchannel.storage.sql.servers.connection import (
    DriverTransaction,
    ServerTransaction,
    StatementCache,
)
from backchannel.storage.sql.servers.database import ServerDatabase

T = TypeVar("T")

BEGIN = (
    "BEGIN; SET LOCAL plan_cache_mode = auto; SET LOCAL enable_seqscan = off;"
    " SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off"
)


class WritingTransaction:
    """A transaction whose statements keep their plans, in which all rows are found by indexes.

    While a table is small, the planner would prefer to read it whole, and keep that plan while the
    table grows.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def start(self) -> None:
        await self._driver.execute(BEGIN)

    async def commit(self) -> None:
        await self._driver.execute("COMMIT")

    async def rollback(self) -> None:
        await self._driver.execute("ROLLBACK")


class PostgresqlTransaction(ServerTransaction):
    """Implements `sql.database.Transaction` over a driver's connection."""

    def __init__(self, driver: Driver, statements: StatementCache[Statement]) -> None:
        self._driver = driver
        self._statements = statements

    async def fetch(self, query: SelectBase, row: type[T], /, **parameters: object) -> list[T]:
        text = self._statements.statement(query)
        rows = await self._driver.fetch(text.text, *text.bound(parameters))
        return self._statements.decoder(row).decode(rows)

    async def execute(self, change: Insert | Update | Delete, /, **parameters: object) -> int:
        text = self._statements.statement(change)
        return await self._run(text.text, text.bound(parameters))

    async def insert(
        self,
        table: Table,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        /,
        **same: object,
    ) -> None:
        if rows:
            values = [*same.values(), *map(list, zip(*rows, strict=True))]
            await self._run(insertion(table, tuple(columns), tuple(same)), values)

    async def _run(self, text: str, values: Sequence[object]) -> int:
        try:
            status = await self._driver.execute(text, *values)
        except UNIQUE as error:
            raise as_refusal(error) from error
        # Such as "UPDATE 3" or "INSERT 0 3".
        return int(status.rpartition(" ")[2])


class PostgresqlDatabase(ServerDatabase[Driver]):
    """A pool of connections, used on a separate thread."""

    again = AGAIN
    refused = REFUSED

    def __init__(self, address: Address, thread: LoopThread, pool: Pool) -> None:
        super().__init__(thread, pool, connections=address.pool_size - 1)
        self._address = address
        self._statements = StatementCache(Statement)

    @classmethod
    async def open(cls, address: Address, thread: LoopThread) -> "PostgresqlDatabase":
        """On the thread: no connection is made before it is needed."""
        return cls(address, thread, await new_pool(address))

    async def new_pool(self) -> Pool:
        return await new_pool(self._address)

    def transaction(self, driver: Driver) -> DriverTransaction:
        return WritingTransaction(driver)

    def snapshot(self, driver: Driver) -> AbstractAsyncContextManager[object]:
        return driver.transaction(isolation="repeatable_read", readonly=True)

    def view(self, driver: Driver) -> Transaction:
        return PostgresqlTransaction(driver, self._statements)

    def as_refusal(self, error: Exception, *, committing: bool = False) -> ChatError:
        return as_refusal(error, committing=committing)

    def is_crowded(self, error: Exception) -> bool:
        return isinstance(error, CROWDED)
