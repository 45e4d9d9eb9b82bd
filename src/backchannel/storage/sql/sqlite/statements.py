"""Statements as SQLite runs them, each compiled once.

Every step of a statement gives up Python's global lock and has to win it back from a busy
event loop, so each statement takes one step: a query hands over all its rows as one JSON
text, and rows are inserted many at a time.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Delete, Insert, SelectBase, Table, Update
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from backchannel.storage.sql.parameters import InRanges, ListColumn, ListParameter

T = TypeVar("T")

_DIALECT = SQLiteDialect(paramstyle="named")


@compiles(ListParameter, "sqlite")
def _json_rows(element: ListParameter, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(ListColumn, "sqlite")
def _json_item(element: ListColumn, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} ->> {element.index})"


@compiles(InRanges, "sqlite")
def _in_ranges(_element: InRanges, _compiler: SQLCompiler, **_options: Any) -> str:
    return "TRUE"  # the join finds the rows


class Query(Generic[T]):
    """A query whose only row is all its rows, and how to read them."""

    def __init__(self, select: SelectBase, row: type[T]) -> None:
        compiled = select.compile(dialect=_DIALECT)
        names = [f"c{index}" for index, _ in enumerate(select.selected_columns)]
        self.text = (
            f"WITH result({', '.join(names)}) AS ({compiled})"  # noqa: S608 - no input in it
            f" SELECT CAST(json_group_array({_packed(row, names)}) AS BLOB) FROM result"
        )
        self.parameters = frozenset(compiled.params)
        self.constants = _constants(compiled.params)
        self.decode = msgspec.json.Decoder(list[row]).decode  # type: ignore[valid-type]


class CombinedQuery:
    """One query whose only row has the results of several."""

    def __init__(self, queries: Sequence[Query[Any]]) -> None:
        names = [name for each in queries for name in each.parameters]
        if len(set(names)) < len(names):
            raise ValueError(f"parameters of the same name: {sorted(names)}")
        self.text = "SELECT " + ", ".join(f"({each.text})" for each in queries)
        self.constants = {name: value for each in queries for name, value in each.constants.items()}
        self.decode = [each.decode for each in queries]


class Change:
    """A statement that changes rows.

    `row_text` is the same for a single row of its only parameter, which is a list; None for other
    statements. If an UPDATE joins a list, SQLite first copies the rows that it finds: a few rows
    take a third of the time if each is updated by a separate statement.
    """

    def __init__(self, statement: Insert | Update | Delete) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        self.text = str(compiled)
        self.constants = _constants(compiled.params)
        self.row_text = None if self.constants else _of_one_row(self.text)


_JOINED_LIST = re.compile(r" FROM json_each\(:\w+\) AS (\w+) (?=WHERE)")


def _of_one_row(text: str) -> str | None:
    """An UPDATE that joins a list, for a single row of it with the parameters `?1`, `?2` and on."""
    joined = _JOINED_LIST.search(text)
    if joined is None:
        return None
    column = re.compile(rf"\({joined[1]}\.value ->> (\d+)\)")
    one = column.sub(lambda item: f"?{int(item[1]) + 1}", _JOINED_LIST.sub(" ", text))
    return None if joined[1] in one or ":" in one else one


def _constants(parameters: Mapping[str, object]) -> dict[str, object]:
    """The literal values of the statement."""
    return {name: value for name, value in parameters.items() if value is not None}


def _packed(row: type[Any], names: Sequence[str]) -> str:
    """The expression for a text of the columns, from which `row` is decoded."""
    if not issubclass(row, msgspec.Struct):
        return names[0]
    fields = zip(row.__struct_fields__, names, strict=True)
    pairs = ", ".join(f"'{field}', {name}" for field, name in fields)
    return f"json_object({pairs})"


@cache
def insertion(table: Table, columns: tuple[str, ...], same: tuple[str, ...], rows: int) -> str:
    """An INSERT of this number of rows, of which those that begin with NULL are left out.

    So batches of all sizes share a few texts, which SQLite keeps prepared. The values that are the
    same in all rows come first. A row that cannot be added, also in a trigger, fails the whole
    transaction and not only the statement, so SQLite need not keep the earlier content of pages. A
    caller that continues that transaction commits a part.
    """
    row = f"({', '.join('?' * len(columns))})"
    names = ", ".join(map(_DIALECT.identifier_preparer.quote, (*same, *columns)))
    return (
        f"INSERT OR FAIL INTO {_DIALECT.identifier_preparer.quote(table.name)} ({names})"  # noqa: S608
        f" SELECT {'?, ' * len(same)}* FROM (VALUES {', '.join([row] * rows)})"
        " WHERE column1 IS NOT NULL"
    )
