"""Many rows as one parameter: a JSON list, which every engine can read as a table."""

from typing import Any

from sqlalchemy import BindParameter, Select, TableValuedAlias, bindparam, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement


class _Elements(FunctionElement[Any]):
    """The elements of a JSON list, one per row."""

    name = "elements"
    inherit_cache = True


class _Item(FunctionElement[Any]):
    """One item of a JSON list within such a row."""

    name = "item"
    inherit_cache = True


@compiles(_Elements, "sqlite")
def _compile_elements(element: _Elements, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Item, "sqlite")
def _compile_item(element: _Item, compiler: SQLCompiler, **options: Any) -> str:
    value, index = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({value} ->> {index})"


def given(name: str) -> TableValuedAlias:
    """The elements of the list parameter `name`, as a table with the column `value`."""
    return _Elements(bindparam(name)).table_valued("value").alias(f"given_{name}")


def any_of(name: str) -> Select[Any]:
    """The elements of the list parameter `name`, to be used with `in_`."""
    return select(given(name).c.value)


def item(rows: TableValuedAlias, index: int) -> ColumnElement[Any]:
    """The given rows' item at `index`, counted from 0."""
    return _Item(rows.c.value, literal_column(f"{index:d}"))


def parameter(name: str) -> BindParameter[Any]:
    """A single value."""
    return bindparam(name)
