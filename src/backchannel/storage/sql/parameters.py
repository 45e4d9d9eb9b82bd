"""Many rows as one parameter, which each engine reads as a table (`statements.py`)."""

from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    TableValuedAlias,
    bindparam,
    literal_column,
    select,
)
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

SqlType = type[TypeEngine[Any]]

VALUE = "value"
"""The column of a list parameter whose rows are single values."""


class ListParameter(FunctionElement[Any]):
    """The rows of a list parameter, whose columns have these types."""

    name = "elements"
    inherit_cache = False

    def __init__(self, parameter: str, columns: dict[str, SqlType]) -> None:
        super().__init__(bindparam(parameter))
        self.parameter = parameter
        self.column_types = columns


class ListColumn(FunctionElement[Any]):
    """A column of such rows: `index` within a row, `path` where the columns have names."""

    name = "item"
    inherit_cache = False

    def __init__(self, rows: TableValuedAlias, index: int, name: str, kind: SqlType) -> None:
        super().__init__(rows.c.value)
        self.type = kind()
        self.index = index
        self.path: ColumnElement[Any] = literal_column(f"{rows.name}.{name}")


class InRanges(FunctionElement[bool]):
    """True for rows in one of the ranges of a list parameter, as a join with it says already.

    Some engines find such rows by an index only if their statement has the numbers in it.
    """

    name = "in_ranges"
    inherit_cache = False

    def __init__(
        self, parameter: str, indexes: tuple[int, int, int], columns: tuple[ColumnElement[Any], ...]
    ) -> None:
        """`indexes` are those of the key and of both bounds in a row of the parameter."""
        super().__init__(*columns)
        self.parameter = parameter
        self.indexes = indexes


class RowsParameter:
    """The rows of a list parameter: a `table` to select from or join, and its columns by name."""

    def __init__(self, name: str, columns: dict[str, SqlType]) -> None:
        self._name = name
        self.table = ListParameter(name, columns).table_valued(VALUE).alias(f"given_{name}")
        self._columns = {
            column: ListColumn(self.table, index, column, kind)
            for index, (column, kind) in enumerate(columns.items())
        }

    def __getitem__(self, column: str) -> ColumnElement[Any]:
        return self._columns[column]

    def has_range_of(self, key: ColumnElement[Any], column: ColumnElement[Any]) -> InRanges:
        """In a row with this `key`, `column` is past `after` and not past `last`.

        The column of the key in the list parameter has the same name.
        """
        names = list(self._columns)
        indexes = names.index(key.key or ""), names.index("after"), names.index("last")
        return InRanges(self._name, indexes, (key, column))


def rows_parameter(name: str, /, **columns: SqlType) -> RowsParameter:
    """The list parameter `name`: rows of these columns, in this order."""
    return RowsParameter(name, columns)


def values_parameter(name: str, kind: SqlType) -> TableValuedAlias:
    """The list parameter `name`, whose elements are single values, as the column `value`."""
    return ListParameter(name, {VALUE: kind}).table_valued(VALUE).alias(f"given_{name}")


def any_of(name: str, kind: SqlType) -> Select[Any]:
    """The elements of the list parameter `name`, to be used with `in_`."""
    return select(values_parameter(name, kind).c.value)


def parameter(name: str, kind: SqlType | TypeEngine[Any] | None = None) -> BindParameter[Any]:
    """A single value; it needs a `kind` where no column that it is compared with implies it."""
    return bindparam(name, type_=kind)
