"""Literals: values in the text of a statement.

Backslashes escape in them, as the `sql_mode` of each session says.
"""

from collections.abc import Callable, Sequence
from typing import cast

import msgspec
from asyncmy.converters import escape_string  # pyright: ignore[reportUnknownVariableType]

SMALLEST, LARGEST = -(2**63), 2**63 - 1

WIDTHS = (64, 512)
"""Characters of a list parameter's text columns: a temporary table without long ones is fast."""

_json = cast("Callable[[object], bytes]", msgspec.json.encode)


def literal(value: object) -> str:
    """A number, a text or NULL. Raises `OverflowError` for numbers past 64 bits."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return f"'{escape_string(value)}'"
    if isinstance(value, int):
        if not SMALLEST <= value <= LARGEST:
            raise OverflowError("a number is past 64 bits")
        return str(int(value))
    raise TypeError(f"a parameter is a number, a text or None, not a {type(value).__name__}")


def literals(values: Sequence[object]) -> str:
    """The elements of a list, for `IN (…)`."""
    return ", ".join(map(literal, values)) if values else "NULL"


def conditions(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """The condition that the columns are one of the rows; MariaDB finds no row of `IN` by an index.

    https://mariadb.com/kb/en/range-optimizer/
    """
    each = (
        " AND ".join(f"{c} = {literal(v)}" for c, v in zip(columns, r, strict=True)) for r in rows
    )
    return " OR ".join(each) if rows else "FALSE"


def ranges(key: str, column: str, rows: Sequence[Sequence[object]]) -> str:
    """The condition that the columns are in one of the ranges: a key, and the bounds of `column`.

    MariaDB finds no range by an index whose bounds come from another table.
    """
    each = (
        f"{key} = {literal(value)} AND {column} > {literal(after)} AND {column} <= {literal(last)}"
        for value, after, last in rows
    )
    return " OR ".join(each) if rows else "FALSE"


def document(rows: Sequence[object]) -> str:
    """A list parameter as JSON, which `JSON_TABLE` reads."""
    return literal(_json(rows).decode())


def width(rows: Sequence[object], column: int) -> str:
    """The type of a text column that each of the rows fits into."""
    if rows and isinstance(rows[0], tuple | list):
        rows = [row[column] for row in cast("Sequence[Sequence[object]]", rows)]
    longest = max((len(each) for each in rows if isinstance(each, str)), default=0)
    for most in WIDTHS:
        if longest <= most:
            return f"varchar({most})"
    return "longtext"
