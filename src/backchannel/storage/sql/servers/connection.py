"""The parts of a connection that are the same for all servers: its driver, its transactions."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar, Generic, Protocol, TypeAlias, TypeVar, cast, overload

import msgspec
from sqlalchemy import Delete, Insert, SelectBase, Update

from backchannel.storage.shared.threads import COMPILING
from backchannel.storage.sql.database import BoundQuery

D_co = TypeVar("D_co", covariant=True)


class DriverTransaction(Protocol):
    """A transaction on a connection."""

    async def start(self) -> None: ...

    async def commit(self) -> None: ...

    async def rollback(self) -> None: ...


class Driver(Protocol):
    """A connection to a server."""

    async def execute(self, query: str) -> object: ...

    def terminate(self) -> None:
        """Close it at once, without notifying the server."""
        ...


class Pool(Protocol[D_co]):
    """Connections that are opened as they are needed."""

    def acquire(self) -> AbstractAsyncContextManager[D_co]: ...

    async def close(self) -> None:
        """Close it once no connection is in use."""
        ...

    def terminate(self) -> None:
        """Close all connections at once."""
        ...


T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")
S = TypeVar("S")
AnyStatement: TypeAlias = SelectBase | Insert | Update | Delete


class RowDecoder(Generic[T]):
    """Turns the driver's rows into Structs, or into the values of their only column."""

    def __init__(self, row: type[T]) -> None:
        self._row = row
        is_struct = issubclass(row, msgspec.Struct)
        self._fields = cast("type[msgspec.Struct]", row).__struct_fields__ if is_struct else None
        self.decode([])  # looks at the Struct's fields, which no two threads may do at once

    def decode(self, records: Sequence[Sequence[Any]]) -> list[T]:
        """The rows, whose columns are the fields of the Struct in their order."""
        if self._fields is None:
            return [record[0] for record in records]
        fields = self._fields
        found = [dict(zip(fields, record, strict=True)) for record in records]
        return msgspec.convert(found, list[self._row])  # type: ignore[name-defined]


class StatementCache(Generic[S]):
    """The compiled statements of one database and its decoders, shared by its connections."""

    def __init__(self, compiled: Callable[[AnyStatement], S]) -> None:
        """`compiled` turns a statement into the text that the engine runs."""
        self._compiled = compiled
        self._statements: dict[AnyStatement, S] = {}
        self._decoders: dict[type[Any], RowDecoder[Any]] = {}

    def statement(self, statement: AnyStatement) -> S:
        found = self._statements.get(statement)
        if found is None:
            found = self._statements[statement] = self._compiled(statement)
        return found

    def decoder(self, row: type[T]) -> RowDecoder[T]:
        found = self._decoders.get(row)
        if found is None:
            with COMPILING:
                found = self._decoders[row] = RowDecoder(row)
        return found


class ServerTransaction(ABC):
    """The part of `sql.database.Transaction` that is the same for all servers."""

    reads_in_steps: ClassVar[bool] = False

    @abstractmethod
    async def fetch(self, query: SelectBase, row: type[T], /, **parameters: object) -> list[T]:
        """Like `Transaction.fetch`."""

    @overload
    async def fetch_together(
        self, first: BoundQuery[T], second: BoundQuery[U], /
    ) -> tuple[list[T], list[U]]: ...

    @overload
    async def fetch_together(
        self, first: BoundQuery[T], second: BoundQuery[U], third: BoundQuery[V], /
    ) -> tuple[list[T], list[U], list[V]]: ...

    async def fetch_together(self, *queries: BoundQuery[Any]) -> tuple[list[Any], ...]:
        # One by one: each sees the state committed before it got its locks.
        return tuple(
            [await self.fetch(each.query, each.row, **each.parameters) for each in queries]
        )
