"""The interface of a database engine: everything in which SQL databases differ."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ClassVar, Generic, NamedTuple, Protocol, TypeVar, overload

from sqlalchemy import Delete, Insert, SelectBase, Table, Update

from backchannel.domain.errors import Conflict, Damaged

T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")


class BoundQuery(NamedTuple, Generic[T]):
    """A query with its parameters, as `Transaction.fetch` takes them."""

    query: SelectBase
    row: type[T]
    parameters: Mapping[str, object]


class Transaction(Protocol):
    """A transaction, as the functions of storage use it.

    `fetch_together` gives the rows of several queries, asked in this order, in one step where the
    engine can. Their parameters have different names.

    Parameters have names; a list is the rows of a `parameters.rows_parameter`. Text that the
    database cannot hold and numbers past 64 bits raise `Invalid`.
    """

    reads_in_steps: ClassVar[bool]
    """True if the engine reads pages of messages one message at a time (`page_queries`)."""

    async def fetch(self, query: SelectBase, row: type[T], /, **parameters: object) -> list[T]:
        """The rows of a query: its columns are the fields of `row`, in their order.

        `row` is a Struct, or the type of the only column.
        """
        ...

    @overload
    async def fetch_together(
        self, first: BoundQuery[T], second: BoundQuery[U], /
    ) -> tuple[list[T], list[U]]: ...

    @overload
    async def fetch_together(
        self, first: BoundQuery[T], second: BoundQuery[U], third: BoundQuery[V], /
    ) -> tuple[list[T], list[U], list[V]]: ...

    async def execute(self, change: Insert | Update | Delete, /, **parameters: object) -> int:
        """Execute a change and return the number of rows changed. Raises `Duplicate`."""
        ...

    async def insert(
        self,
        table: Table,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        /,
        **same: object,
    ) -> None:
        """Add many rows at once, of `columns` and of values that are the `same` in all of them.

        Raises `Duplicate`, after which the transaction can no longer be used.
        """
        ...


class Duplicate(Conflict):
    """Another row has the same values in `columns`, which are unique together."""

    def __init__(self, columns: frozenset[str]) -> None:
        super().__init__("this exists already")
        self.columns = columns


class Unreadable(Damaged):
    """The requested data is on a damaged part of the disk (rule R18)."""

    def __init__(self) -> None:
        super().__init__("the stored data are damaged; ask your operator to restore a backup")


Work = Callable[[Transaction], Awaitable[T]]
"""The work of a transaction. It may be called again if the transaction is repeated."""


class Database(Protocol):
    """An open database."""

    async def read(self, work: Work[T], /) -> T:
        """Do `work`, which only reads, in one snapshot."""
        ...

    async def write(self, work: Work[T], /) -> T:
        """Do `work` in one transaction, and return once it is durable (rule R1).

        If it raises, nothing of it is stored. Raises `Overloaded` and `Unavailable` as the
        storage port says.
        """
        ...

    async def write_in_turn(self, work: Work[T], /) -> T:
        """Like `write`, but in the order of the calls."""
        ...

    async def check(self) -> None:
        """Raise `Unavailable` unless the database can be read and written."""
        ...

    async def close(self) -> None:
        """Finish the queued jobs and close the database."""
        ...
