"""An open MariaDB or MySQL database, and the view that statements have of its connections."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TypeVar

from asyncmy.errors import IntegrityError
from sqlalchemy import BigInteger, Delete, Insert, Select, SelectBase, Table, Update, select

from backchannel.domain.errors import ChatError
from backchannel.storage.shared.threads import LoopThread
from backchannel.storage.sql.database import Transaction
from backchannel.storage.sql.locks import MEMBERS, USERS, USERS_BY_NUMBER
from backchannel.storage.sql.mysql.address import Address
from backchannel.storage.sql.mysql.driver import Driver, Pool, code_of, new_pool
from backchannel.storage.sql.mysql.faults import AGAIN, CROWDED, REFUSED, as_refusal
from backchannel.storage.sql.mysql.index import noting, noting_new
from backchannel.storage.sql.mysql.products import Product
from backchannel.storage.sql.mysql.statements import Dialect, Statement, by_index, insertion
from backchannel.storage.sql.parameters import rows_parameter
from backchannel.storage.sql.schema import account, log_head, message
from backchannel.storage.sql.servers.connection import (
    DriverTransaction,
    ServerTransaction,
    StatementCache,
)
from backchannel.storage.sql.servers.database import ServerDatabase

T = TypeVar("T")

LOCKS = (USERS, USERS_BY_NUMBER, MEMBERS)
_locked = rows_parameter("locked", number=BigInteger)
# The servers lock a row when they read it, whatever is sorted afterwards: so they are made to read
# the users in the order of the numbers.
LOCK_IN_ORDER = (
    select(*USERS.selected_columns)
    .prefix_with("STRAIGHT_JOIN")
    .select_from(
        _locked.table.join(account, account.c.number == _locked["number"]).join(
            log_head, log_head.c.account == account.c.number
        )
    )
    .with_hint(account, by_index(account))
    .with_hint(log_head, by_index(log_head))
    .with_for_update()
)


class MysqlStatementCache(StatementCache[Statement]):
    """The cached statements, with those that must be run before others."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(partial(Statement, dialect=dialect))
        self._numbers = {
            each: select(account.c.number).where(each.whereclause).order_by(account.c.number)
            for each in LOCKS
            if each.whereclause is not None
        }
        self._noted: dict[Update | Delete, Update | Delete | Insert] = {}

    def numbers(self, select: SelectBase) -> Select[tuple[int]] | None:
        """For a query that locks users: the one that finds their numbers."""
        return self._numbers.get(select)  # type: ignore[call-overload, no-any-return]

    def noting(self, change: Update | Delete) -> Statement:
        """The statement that notes the messages which a change concerns, for the index."""
        if change not in self._noted:
            self._noted[change] = noting(change)
        return self.statement(self._noted[change])


class MysqlTransaction(ServerTransaction):
    """Implements `sql.database.Transaction` over a driver's connection."""

    def __init__(self, driver: Driver, statements: MysqlStatementCache) -> None:
        self._driver = driver
        self._statements = statements

    async def fetch(self, query: SelectBase, row: type[T], /, **parameters: object) -> list[T]:
        numbers = self._statements.numbers(query)
        if numbers is None:
            return await self._fetch(query, row, parameters)
        # Numbers, and the members of a conversation, never change.
        locked = await self._fetch(numbers, int, parameters)
        rows = [(number,) for number in locked]
        return await self._fetch(LOCK_IN_ORDER, row, {"locked": rows}) if rows else []

    async def _fetch(
        self, query: SelectBase, row: type[T], parameters: Mapping[str, object]
    ) -> list[T]:
        text = self._statements.statement(query).bound(parameters)
        return self._statements.decoder(row).decode(await self._driver.fetch(text))

    async def execute(self, change: Insert | Update | Delete, /, **parameters: object) -> int:
        if change.table is message and not isinstance(change, Insert):
            await self._driver.execute(self._statements.noting(change).bound(parameters))
        return await self._run(self._statements.statement(change).bound(parameters))

    async def insert(
        self,
        table: Table,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        /,
        **same: object,
    ) -> None:
        if not rows:
            return
        await self._run(insertion(table, columns, rows, same))
        if table is message:
            column = columns.index("id")
            await self._driver.execute(noting_new([row[column] for row in rows]))

    async def _run(self, text: str) -> int:
        try:
            return await self._driver.execute(text)
        except IntegrityError as error:
            raise as_refusal(error) from error


class MysqlDatabase(ServerDatabase[Driver]):
    """A pool of connections, used on a separate thread."""

    again = AGAIN
    refused = REFUSED

    def __init__(self, address: Address, product: Product, thread: LoopThread, pool: Pool) -> None:
        super().__init__(thread, pool, connections=address.pool_size - 1)
        self._address = address
        self._product = product
        self._statements = MysqlStatementCache(Dialect(product.collation))

    @classmethod
    async def open(cls, address: Address, product: Product, thread: LoopThread) -> "MysqlDatabase":
        """On the thread: no connection is made before it is needed."""
        return cls(address, product, thread, await new_pool(address, product))

    async def new_pool(self) -> Pool:
        return await new_pool(self._address, self._product)

    def transaction(self, driver: Driver) -> DriverTransaction:
        return driver.transaction()

    def snapshot(self, driver: Driver) -> AbstractAsyncContextManager[object]:
        return driver.transaction(reading=True)

    def view(self, driver: Driver) -> Transaction:
        return MysqlTransaction(driver, self._statements)

    def as_refusal(self, error: Exception, *, committing: bool = False) -> ChatError:
        return as_refusal(error, committing=committing)

    def is_crowded(self, error: Exception) -> bool:
        return code_of(error) in CROWDED
