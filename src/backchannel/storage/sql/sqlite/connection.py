"""The statements' view of one SQLite connection."""

import re
import sqlite3
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, ClassVar, TypeVar, cast, overload

import msgspec
from sqlalchemy import Delete, Insert, SelectBase, Table, Update

from backchannel.domain.errors import Invalid
from backchannel.storage.shared.threads import COMPILING
from backchannel.storage.sql.database import BoundQuery, Unreadable
from backchannel.storage.sql.sqlite.driver import Driver
from backchannel.storage.sql.sqlite.faults import as_duplicate, is_damage
from backchannel.storage.sql.sqlite.statements import Change, CombinedQuery, Query, insertion

T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")

FEW_ROWS = 4
"""Up to this many rows, each is updated by a separate statement."""
MOST_ROWS = 512
"""Rows in one INSERT: 32,766 parameters are what every build of SQLite takes."""

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class StatementCache:
    """The compiled statements of one database, shared by its connections."""

    def __init__(self) -> None:
        self._queries: dict[tuple[object, type[Any]], Query[Any]] = {}
        self._combined: dict[tuple[tuple[SelectBase, type[Any]], ...], CombinedQuery] = {}
        self._changes: dict[object, Change] = {}

    def query(self, select: SelectBase, row: type[T]) -> Query[T]:
        key = select, row
        found = self._queries.get(key)
        if found is None:
            with COMPILING:
                found = self._queries.setdefault(key, Query(select, row))
        return found

    def combined(self, bound: Iterable[BoundQuery[Any]]) -> CombinedQuery:
        key = tuple([(each.query, each.row) for each in bound])
        found = self._combined.get(key)
        if found is None:
            found = self._combined[key] = CombinedQuery([self.query(*each) for each in key])
        return found

    def change(self, statement: Insert | Update | Delete) -> Change:
        if statement not in self._changes:
            self._changes[statement] = Change(statement)
        return self._changes[statement]


class SqliteConnection:
    """Implements `sql.database.Transaction` on a thread: its coroutines never wait.

    `wrote` is True if anything was written since it was last set to False.
    """

    reads_in_steps: ClassVar[bool] = True

    def __init__(
        self, driver: Driver, statements: StatementCache, *, reading: bool = False
    ) -> None:
        self._driver = driver
        self._statements = statements
        self._reading = reading
        self.wrote = False

    async def fetch(self, query: SelectBase, row: type[T], /, **parameters: object) -> list[T]:
        text = self._statements.query(query, row)
        bound = _bound(parameters, text.constants)
        try:
            return text.decode(self._driver.execute(text.text, bound).fetchone()[0])
        except (msgspec.DecodeError, sqlite3.DatabaseError) as error:
            if self._is_damage(error):
                raise Unreadable from error
            raise

    @overload
    async def fetch_together(
        self, first: BoundQuery[T], second: BoundQuery[U], /
    ) -> tuple[list[T], list[U]]: ...

    @overload
    async def fetch_together(
        self, first: BoundQuery[T], second: BoundQuery[U], third: BoundQuery[V], /
    ) -> tuple[list[T], list[U], list[V]]: ...

    async def fetch_together(self, *bound: BoundQuery[Any]) -> tuple[list[Any], ...]:
        together = self._statements.combined(bound)
        given: dict[str, object] = {}
        for each in bound:
            given |= each.parameters
        try:
            values = _bound(given, together.constants)
            row = self._driver.execute(together.text, values).fetchone()
            return tuple([decode(each) for decode, each in zip(together.decode, row, strict=True)])
        except (msgspec.DecodeError, sqlite3.DatabaseError) as error:
            if self._is_damage(error):
                raise Unreadable from error
            raise

    def _is_damage(self, error: Exception) -> bool:
        """True for errors to raise as `Unreadable`; a writer must see those of SQLite itself."""
        return not isinstance(error, sqlite3.Error) or (self._reading and is_damage(error))

    async def execute(self, change: Insert | Update | Delete, /, **parameters: object) -> int:
        text = self._statements.change(change)
        self.wrote = True
        try:
            if text.row_text is not None:
                (rows,) = cast("Iterable[Sequence[Sequence[object]]]", parameters.values())
                if len(rows) <= FEW_ROWS:
                    return sum([self._driver.execute(text.row_text, row).rowcount for row in rows])
            return self._driver.execute(text.text, _bound(parameters, text.constants)).rowcount
        except sqlite3.IntegrityError as error:
            raise as_duplicate(error) from error

    async def insert(
        self,
        table: Table,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        /,
        **same: object,
    ) -> None:
        names, others = tuple(columns), tuple(same)
        for start in range(0, len(rows), MOST_ROWS):
            self.wrote = True
            part = rows[start : start + MOST_ROWS]
            size = _rounded_up(len(part))
            values = [*same.values(), *chain.from_iterable(part)]
            values += [None] * (len(names) * (size - len(part)))
            try:
                self._driver.execute(insertion(table, names, others, size), values)
            except sqlite3.IntegrityError as error:
                raise as_duplicate(error) from error

    async def run(self, command: str) -> tuple[Any, ...]:
        """The first row of a command of SQLite's own, such as a PRAGMA."""
        self.wrote = True
        row: tuple[Any, ...] | None = self._driver.execute(command).fetchone()
        return row or ()


def _rounded_up(rows: int) -> int:
    """1 to 8, 10, 12, 14, 16, 20 …: few sizes, and never a quarter too large."""
    step = 1 << max(0, (rows - 1).bit_length() - 3)
    return -(-rows // step) * step


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    work.close()
    raise RuntimeError("a transaction must not wait for anything but its connection")


def _bound(given: Mapping[str, object], constants: Mapping[str, object]) -> dict[str, object]:
    bound = {**constants, **given}
    for name, value in given.items():
        if isinstance(value, list):
            bound[name] = _as_json(cast("list[object]", value))
    return bound


def _as_json(rows: list[object]) -> str:
    text = msgspec.json.encode(rows)
    # SQLite's JSON ends a text at NUL: it would find the wrong row.
    if b"\\u0000" in text and _NUL.search(text):
        raise Invalid("text must not contain NUL characters")
    return text.decode()
