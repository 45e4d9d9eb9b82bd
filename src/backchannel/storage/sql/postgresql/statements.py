"""Statements as PostgreSQL runs them, each compiled once.

A list parameter becomes one array for each of its columns, so that a batch of any size is one
prepared statement.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Delete,
    Insert,
    Integer,
    SelectBase,
    SmallInteger,
    String,
    Table,
    Update,
    bindparam,
)
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from backchannel.storage.sql.parameters import InRanges, ListColumn, ListParameter

_TYPES: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (BigInteger, "bigint"),
    (SmallInteger, "smallint"),
    (Integer, "integer"),
    (String, "text"),
)


def _dialect() -> PGDialect_asyncpg:
    made = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
    # The server's default since 9.1; SQLAlchemy asks for it only on its own connections.
    made._backslash_escapes = False  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return made


_DIALECT = _dialect()


def type_name(kind: TypeEngine[Any]) -> str:
    """PostgreSQL's name of a type."""
    return next(name for each, name in _TYPES if isinstance(kind, each))


def _array(parameter: str, column: int) -> ColumnElement[Any]:
    return bindparam(f"{parameter}__{column}")


@compiles(ListParameter, "postgresql")
def _unnested(element: ListParameter, compiler: SQLCompiler, **options: Any) -> str:
    arrays = ", ".join(
        f"{compiler.process(_array(element.parameter, index), **options)}::{type_name(kind())}[]"
        for index, kind in enumerate(element.column_types.values())
    )
    names = ", ".join(element.column_types)
    return f"(SELECT * FROM unnest({arrays}) AS rows({names}))"  # noqa: S608 - no input in it


@compiles(ListColumn, "postgresql")
def _column(element: ListColumn, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.path, **options)


@compiles(InRanges, "postgresql")
def _in_ranges(_element: InRanges, _compiler: SQLCompiler, **_options: Any) -> str:
    return "TRUE"  # the join finds the rows


class Statement:
    """A statement, and the parameters that are `$1`, `$2` and so on."""

    def __init__(self, statement: SelectBase | Insert | Update | Delete) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        self.text = compiled.string
        self._constants = {k: v for k, v in compiled.params.items() if v is not None}
        self._names = [_name_of(name) for name in compiled.positiontup or ()]

    def bound(self, parameters: dict[str, object]) -> list[object]:
        """The values in their order; a list parameter gives its columns."""
        given = {**self._constants, **parameters}
        columns: dict[str, list[list[object]]] = {}
        values: list[object] = []
        for name, column in self._names:
            value = given.get(name)
            if column is None:
                values.append(value)
                continue
            if name not in columns:
                columns[name] = _columns(cast("Sequence[object]", value))
            found = columns[name]
            values.append(found[column] if found else [])
        return values


@cache
def insertion(table: Table, columns: tuple[str, ...], same: tuple[str, ...]) -> str:
    """An INSERT of any number of rows; the values that are the same in all come first."""
    quote = _DIALECT.identifier_preparer.quote
    values = [f"${n}::{type_name(table.c[name].type)}" for n, name in enumerate(same, 1)]
    arrays = [
        f"${n}::{type_name(table.c[name].type)}[]" for n, name in enumerate(columns, len(same) + 1)
    ]
    return (
        f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, (*same, *columns)))})"  # noqa: S608 - no input in it
        f" SELECT {', '.join([*values, 'rows.*'])} FROM unnest({', '.join(arrays)}) AS rows"
    )


def _name_of(bound: str) -> tuple[str, int | None]:
    name, separator, column = bound.rpartition("__")
    return (name, int(column)) if separator and column.isdecimal() else (bound, None)


def _columns(rows: Sequence[object]) -> list[list[object]]:
    """The columns of rows, or of single values."""
    if rows and not isinstance(rows[0], tuple | list):
        return [list(rows)]
    return [list(column) for column in zip(*cast("Sequence[Sequence[object]]", rows), strict=True)]
