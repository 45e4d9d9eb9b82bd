"""Statements as MariaDB and MySQL run them, each compiled once.

A list parameter becomes a table that `JSON_TABLE` reads out of one text, and after `IN` a list of
literals, which every kind of statement finds by an index.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    BinaryExpression,
    ClauseElement,
    CompoundSelect,
    Delete,
    Insert,
    ScalarSelect,
    Select,
    SelectBase,
    String,
    Table,
    TableValuedAlias,
    UniqueConstraint,
    Update,
)
from sqlalchemy.dialects.mysql.base import MySQLCompiler, MySQLDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import Grouping, Tuple
from sqlalchemy.sql.operators import in_op
from sqlalchemy.sql.selectable import AliasedReturnsRows, SelectStatementGrouping

from backchannel.storage.sql.mysql.literals import (
    conditions,
    document,
    literal,
    literals,
    ranges,
    width,
)
from backchannel.storage.sql.parameters import VALUE, InRanges, ListColumn, ListParameter

_WRAPPERS = (AliasedReturnsRows, Grouping, ScalarSelect, SelectStatementGrouping)
_DOCUMENT, _LIST, _ROWS, _RANGES, _WIDTH = "document", "list", "rows", "ranges", "width"
_COMMA = ", "


class _Compiler(MySQLCompiler):
    """SQLAlchemy's, with other forms where the servers' optimizers need them."""

    def visit_binary(self, binary: BinaryExpression[Any], *args: Any, **options: Any) -> str:
        chosen = _bare(binary.right)
        if binary.operator is in_op and isinstance(chosen, SelectBase):
            name = _list_parameter(chosen)
            if name is not None and isinstance(binary.left, Tuple):
                columns = _COMMA.join(self.process(each, **options) for each in binary.left.clauses)
                return f"(%({name}__{_ROWS}{columns})s)"
            left = self.process(binary.left, **options)
            if name is not None:
                return f"{left} IN (%({name}__{_LIST})s)"
            if isinstance(chosen, CompoundSelect):
                # A derived table is built once, and not for each row.
                inner = self.process(cast("SelectBase", chosen), **options)
                return f"{left} IN (SELECT * FROM ({inner}) AS chosen)"  # noqa: S608 - no input in it
        text: str = super().visit_binary(binary, *args, **options)  # type: ignore[no-untyped-call]
        return text

    def update_tables_clause(
        self,
        update_stmt: Any,  # noqa: ARG002 - SQLAlchemy's signature
        from_table: Any,
        extra_froms: Any,
        **kw: Any,
    ) -> str:
        """The list parameters first, then the row of each."""
        tables = (self.process(each, asfrom=True, **kw) for each in (*extra_froms, from_table))
        return f"{' STRAIGHT_JOIN '.join(tables)} {by_index(from_table)}"


def by_index(table: Table) -> str:
    """The hint that keeps a statement from reading a table as a whole, however small it is.

    It would wait there for locks of rows that do not concern it. A table of one row has no key.
    """
    if not table.primary_key.columns:
        return ""
    names = [str(each.name) for each in table.constraints if isinstance(each, UniqueConstraint)]
    names += [str(each.name) for each in table.indexes]
    if table.primary_key.columns:
        names.append("PRIMARY")
    return f"FORCE INDEX ({', '.join(sorted(names))})" if names else ""


class Dialect(MySQLDialect):
    """SQLAlchemy's, for servers whose texts have this collation."""

    statement_compiler = _Compiler
    supports_statement_cache = False

    def __init__(self, collation: str) -> None:
        super().__init__(paramstyle="pyformat")
        self.collation = collation


def _bare(clause: ClauseElement) -> ClauseElement:
    """The clause that stands in parentheses, or has an alias."""
    while isinstance(clause, _WRAPPERS):
        clause = cast("Any", clause).element
    return clause


def _list_parameter(chosen: SelectBase) -> str | None:
    """The list parameter of which a query gives all rows, if it does only that."""
    if not isinstance(chosen, Select) or chosen.whereclause is not None:
        return None
    first, *others = chosen.columns_clause_froms
    if others or not isinstance(first, TableValuedAlias):
        return None
    source = _bare(first)
    return source.parameter if isinstance(source, ListParameter) else None


@compiles(ListParameter, "mysql")
def _json_table(element: ListParameter, compiler: SQLCompiler, **_options: Any) -> str:
    quote = compiler.preparer.quote
    collation = cast("Dialect", compiler.dialect).collation
    single = VALUE in element.column_types
    columns = ", ".join(
        f"{quote(name)} {_type(element.parameter, index, kind(), collation)}"
        f" PATH '{'$' if single else f'$[{index}]'}' ERROR ON ERROR"
        for index, (name, kind) in enumerate(element.column_types.items())
    )
    return f"JSON_TABLE(%({element.parameter}__{_DOCUMENT})s, '$[*]' COLUMNS ({columns}))"


def _type(parameter: str, index: int, kind: Any, collation: str) -> str:
    if not isinstance(kind, String):
        return "bigint"
    return f"%({parameter}__{_WIDTH}{index})s CHARACTER SET utf8mb4 COLLATE {collation}"


@compiles(ListColumn, "mysql")
def _column(element: ListColumn, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.path, **options)


@compiles(InRanges, "mysql")
def _in_ranges(element: InRanges, compiler: SQLCompiler, **options: Any) -> str:
    columns = (compiler.process(each, **options) for each in element.clauses)
    form = _COMMA.join((*map(str, element.indexes), *columns))
    return f"(%({element.parameter}__{_RANGES}{form})s)"


class _Values(Mapping[str, str]):
    """The parameters of a statement as literals, made as its text asks for them."""

    def __init__(self, parameters: Mapping[str, object]) -> None:
        self._parameters = parameters

    def __getitem__(self, name: str) -> str:
        base, separator, form = name.rpartition("__")
        if not separator:
            return literal(self._parameters.get(name))
        rows = cast("Sequence[object]", self._parameters[base])
        if form == _DOCUMENT:
            return document(rows)
        if form == _LIST:
            return literals(rows)
        if form.startswith(_ROWS):
            columns = form.removeprefix(_ROWS).split(_COMMA)
            return conditions(columns, cast("Sequence[Sequence[object]]", rows))
        if form.startswith(_RANGES):
            *indexes, key, column = form.removeprefix(_RANGES).split(_COMMA)
            picked = [[cast("Any", row)[int(index)] for index in indexes] for row in rows]
            return ranges(key, column, picked)
        return width(rows, int(form.removeprefix(_WIDTH)))

    def __iter__(self) -> Any:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)


class Statement:
    """A statement, in which values take the places of its parameters."""

    def __init__(self, statement: SelectBase | Insert | Update | Delete, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._constants = {k: v for k, v in compiled.params.items() if v is not None}

    def bound(self, parameters: Mapping[str, object]) -> str:
        """The text with these values."""
        return self.text % _Values({**self._constants, **parameters})


def insertion(
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    same: Mapping[str, object],
) -> str:
    """An INSERT of rows; the values that are the same in all come first."""
    first = "".join(f"{literal(value)}, " for value in same.values())
    values = ", ".join(f"({first}{', '.join(map(literal, row))})" for row in rows)
    return f"{_beginning(table, (*same, *columns))} VALUES {values}"


@cache
def _beginning(table: Table, columns: tuple[str, ...]) -> str:
    quote = Dialect("").identifier_preparer.quote
    return f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, columns))})"
