"""Statements as SQLite runs them, each compiled once.

Every step of a statement gives up Python's global lock and has to win it back from a busy
event loop, so each statement takes one step: a query hands over all its rows as one JSON
text, and rows are inserted many at a time.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Delete, Insert, SelectBase, Table, Update
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from backchannel.storage.sql.parameters import Elements, Item

T = TypeVar("T")

_DIALECT = SQLiteDialect(paramstyle="named")


@compiles(Elements, "sqlite")
def _json_rows(element: Elements, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(Item, "sqlite")
def _json_item(element: Item, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} ->> {element.index})"


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


class Change:
    """A statement that changes rows."""

    def __init__(self, statement: Insert | Update | Delete) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        self.text = str(compiled)
        self.constants = _constants(compiled.params)


def _constants(parameters: Mapping[str, object]) -> dict[str, object]:
    """The values that stand in the statement itself."""
    return {name: value for name, value in parameters.items() if value is not None}


def _packed(row: type[Any], names: Sequence[str]) -> str:
    """The expression that makes of the columns what `row` is decoded from."""
    if not issubclass(row, msgspec.Struct):
        return names[0]
    fields = zip(row.__struct_fields__, names, strict=True)
    pairs = ", ".join(f"'{field}', {name}" for field, name in fields)
    return f"json_object({pairs})"


@cache
def insertion(table: Table, columns: tuple[str, ...], same: tuple[str, ...], rows: int) -> str:
    """An INSERT of so many rows, of which those that begin with NULL are left out.

    So a batch of any size runs as one of a few texts, whose preparation SQLite remembers. The
    values that are the same in all rows come first. A row that cannot be added fails the
    whole transaction, not only the statement, and so it does within its triggers: no page has
    to be kept as it was before it. Whoever goes on in that transaction commits a part.
    """
    row = f"({', '.join('?' * len(columns))})"
    names = ", ".join(map(_DIALECT.identifier_preparer.quote, (*same, *columns)))
    return (
        f"INSERT OR FAIL INTO {_DIALECT.identifier_preparer.quote(table.name)} ({names})"  # noqa: S608
        f" SELECT {'?, ' * len(same)}* FROM (VALUES {', '.join([row] * rows)})"
        " WHERE column1 IS NOT NULL"
    )
