"""Kinds of records: their export page by page, and their import.

A page begins past a key of ids, which the tables hold as numbers. It is read from one table in
the order of an index, and only then joined to others, so its cost does not grow with the table.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Select,
    SelectBase,
    Subquery,
    Table,
    Text,
    select,
)

from backchannel.domain.errors import Damaged
from backchannel.domain.ids import RESPONDER_ID
from backchannel.ports.storage.transfer import Key
from backchannel.storage.sql.database import Transaction
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.schema import account, conversation, message

Row = TypeVar("Row", bound=msgspec.Struct)


@dataclass(frozen=True)
class KeyColumn:
    """A column of a key, and its content for a given value."""

    column: Column[Any]
    stands_for: Callable[[str], ColumnElement[Any]] = parameter


def user_id(column: Column[Any]) -> KeyColumn:
    """The column of a key with a user's id; the table has the user's number."""
    return KeyColumn(column, lambda name: _number(account, name))


def conversation_id(column: Column[Any]) -> KeyColumn:
    """The column of a key with a conversation's id."""
    return KeyColumn(column, lambda name: _number(conversation, name))


ARRIVAL = KeyColumn(message.c.number, lambda name: _number(message, name))
"""The id of a message, which stands for the time when it came."""


def _number(table: Any, name: str) -> ColumnElement[Any]:
    return select(table.c.number).where(table.c.id == parameter(name)).scalar_subquery()


class Pages(Generic[Row]):
    """The pages of one kind of records, in the order of a key."""

    def __init__(
        self, row: type[Row], key: Sequence[KeyColumn], columns: Callable[[Subquery], Select[Any]]
    ) -> None:
        """`columns` selects the fields of `row`, in their order, from a page of the table."""
        self._row = row
        self._key = key
        self._columns = columns
        self._first = self._query(0, bounded=False)
        # Past a key (a, b): the rest of a, then what follows a.
        self._following = [self._query(depth) for depth in reversed(range(len(key)))]

    async def fetch(self, transaction: Transaction, *, after: Key | None, limit: int) -> list[Row]:
        """The next rows past a key."""
        if after is None:
            return await transaction.fetch(self._first, self._row, limit=limit)
        found: list[Row] = []
        for depth, query in zip(reversed(range(len(self._key))), self._following, strict=True):
            if len(found) < limit:
                given = {f"key_{n}": value for n, value in enumerate(after[: depth + 1])}
                rest = limit - len(found)
                found += await transaction.fetch(query, self._row, limit=rest, **given)
        return found

    def _query(self, depth: int, *, bounded: bool = True) -> Select[Any]:
        columns = [part.column for part in self._key]
        page = select(columns[0].table)
        if bounded:
            bounds = [part.stands_for(f"key_{n}") for n, part in enumerate(self._key)]
            for column, bound in zip(columns[:depth], bounds, strict=False):
                page = page.where(column == bound)
            page = page.where(columns[depth] > bounds[depth])
        found = page.order_by(*columns).limit(parameter("limit")).subquery("page")
        return self._columns(found).order_by(*(found.c[column.name] for column in columns))


def fields(
    kind: type[msgspec.Struct], page: Subquery, source: FromClause, **others: ColumnElement[Any]
) -> Select[Any]:
    """The fields of a record, in their order, of which the `others` are not in the page itself."""
    names = kind.__struct_fields__
    columns = [others[name] if name in others else page.c[name] for name in names]
    return select(*columns).select_from(source)


def of_user(page: Subquery) -> FromClause:
    """A page with the user of each row."""
    return page.join(account, account.c.number == page.c.account)


def in_conversation(page: Subquery) -> FromClause:
    """A page with the conversation of each row."""
    return page.join(conversation, conversation.c.number == page.c.conversation)


@dataclass(frozen=True)
class RecordKind:
    """The functions that export and import the records of a kind.

    `fetch(transaction, after=…, limit=…)` returns the next records past a key. `add(transaction,
    page)` raises `Duplicate` and `Damaged`.
    """

    fetch: Callable[..., Awaitable[list[Any]]]
    add: Callable[[Transaction, Sequence[Any]], Awaitable[None]]


def plain(kind: type[msgspec.Struct], table: Table, key: str = "id") -> RecordKind:
    """A kind of which each field is a column of one table."""

    async def add(transaction: Transaction, page: Sequence[msgspec.Struct]) -> None:
        rows = [msgspec.structs.astuple(each) for each in page]
        await transaction.insert(table, kind.__struct_fields__, rows)

    pages = Pages(kind, [KeyColumn(table.c[key])], lambda page: fields(kind, page, page))
    return RecordKind(pages.fetch, add)


class _Number(msgspec.Struct):
    id: str
    number: int


def _numbers(table: Table) -> SelectBase:
    return select(table.c.id, table.c.number).where(table.c.id.in_(any_of("ids", Text)))


ACCOUNTS, CONVERSATIONS = _numbers(account), _numbers(conversation)


async def user_numbers(transaction: Transaction, ids: Iterable[str]) -> dict[str, int]:
    """The numbers of users, and of the responder. Raises `Damaged` if one does not exist."""
    wanted = set(ids) - {RESPONDER_ID}
    return {RESPONDER_ID: 0, **await _found(transaction, ACCOUNTS, wanted, "user")}


async def conversation_numbers(
    transaction: Transaction, ids: Iterable[str | None]
) -> dict[str, int]:
    """The numbers of conversations. Raises `Damaged` if one does not exist."""
    wanted = {each for each in ids if each is not None}
    return await _found(transaction, CONVERSATIONS, wanted, "conversation")


async def _found(
    transaction: Transaction, query: SelectBase, ids: set[str], what: str
) -> dict[str, int]:
    rows = await transaction.fetch(query, _Number, ids=sorted(ids))
    found = {row.id: row.number for row in rows}
    missing = ids - found.keys()
    if missing:
        raise Damaged(f"a record names the {what} {min(missing)}, which does not exist")
    return found
