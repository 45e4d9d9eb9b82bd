"""The statements' view of one PostgreSQL connection."""

from collections.abc import Sequence
from typing import Any, TypeVar, overload

from sqlalchemy import Delete, Insert, SelectBase, Table, Update

from backchannel.storage.sql.database import COMPILING, Lookup
from backchannel.storage.sql.postgresql.driver import Driver
from backchannel.storage.sql.postgresql.faults import UNIQUE, as_refusal
from backchannel.storage.sql.postgresql.texts import Query, Text, insertion

T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")


class Texts:
    """The compiled statements of one database, shared by its connections."""

    def __init__(self) -> None:
        self._queries: dict[tuple[object, type[Any]], Query[Any]] = {}
        self._changes: dict[object, Text] = {}

    def query(self, select: SelectBase, row: type[T]) -> Query[T]:
        key = select, row
        found = self._queries.get(key)
        if found is None:
            with COMPILING:
                found = self._queries[key] = Query(select, row)
        return found

    def change(self, statement: Insert | Update | Delete) -> Text:
        if statement not in self._changes:
            self._changes[statement] = Text(statement)
        return self._changes[statement]


class PostgresqlConnection:
    """`sql.database.Connection` in a transaction of a driver's connection."""

    def __init__(self, driver: Driver, texts: Texts) -> None:
        self._driver = driver
        self._texts = texts

    async def fetch(self, query: SelectBase, row: type[T], /, **parameters: object) -> list[T]:
        text = self._texts.query(query, row)
        return text.decode(await self._driver.fetch(text.text, *text.bound(parameters)))

    @overload
    async def fetch_together(
        self, first: Lookup[T], second: Lookup[U], /
    ) -> tuple[list[T], list[U]]: ...

    @overload
    async def fetch_together(
        self, first: Lookup[T], second: Lookup[U], third: Lookup[V], /
    ) -> tuple[list[T], list[U], list[V]]: ...

    async def fetch_together(self, *lookups: Lookup[Any]) -> tuple[list[Any], ...]:
        # One by one: each sees what was committed before its locks were there.
        return tuple(
            [await self.fetch(each.query, each.row, **each.parameters) for each in lookups]
        )

    async def execute(self, change: Insert | Update | Delete, /, **parameters: object) -> int:
        text = self._texts.change(change)
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
