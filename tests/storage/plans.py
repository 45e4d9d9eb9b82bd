"""The plans of all statements that the contract suite runs on PostgreSQL: none scans a table.

MongoDB's server refuses scans (`notablescan`); here the statements are recorded and explained.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import asyncpg
import pytest
from asyncpg.connection import LoggedQuery

from backchannel.storage.sql.postgresql import driver

ALLOWED = frozenset({"alembic_version", "instance", "search_pending"})
"""They have one row, or those of the last second."""
MEANT = re.compile(r"UPDATE log_head SET epoch\s*=(?!.*\bWHERE\b)", flags=re.DOTALL)
"""The statements that concern all rows of a table: they begin new epochs."""
MADE_BY_STATEMENTS = re.compile(r"^(?:WITH|SELECT|UPDATE|DELETE|INSERT)\b")
PARAMETER = re.compile(r"\$(\d+)")
SCAN = re.compile(r"Seq Scan on (\w+)")

_explained: set[str] = set()


@contextmanager
def require_indexes(url: str) -> Iterator[None]:
    """Fail if a statement that ran in the block can only be answered by reading a whole table."""
    noted: set[str] = set()
    prepare = driver.prepare

    def note(query: LoggedQuery) -> None:
        text = query.query.strip()
        if MADE_BY_STATEMENTS.match(text) and not MEANT.match(text):
            noted.add(text)

    async def prepare_and_listen(opened: driver.Driver) -> None:
        await prepare(opened)
        opened.add_query_logger(note)  # type: ignore[attr-defined]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(driver, "prepare", prepare_and_listen)
        yield
    if new := noted - _explained:
        _explained.update(new)
        scans = asyncio.run(_scans(url, new))
        assert scans == {}, f"statements read whole tables: {scans}"


async def _scans(url: str, noted: Iterable[str]) -> dict[str, set[str]]:
    """The tables that each statement reads as a whole even if that has a very high cost."""
    connection = await asyncpg.connect(url.partition("?")[0])
    await connection.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
    found: dict[str, set[str]] = {}
    for number, query in enumerate(noted):
        await connection.execute(f"PREPARE noted_{number} AS {query}")
        values = ", ".join(["NULL"] * max(map(int, PARAMETER.findall(query)), default=0))
        given = f"({values})" if values else ""
        rows = await connection.fetch(f"EXPLAIN EXECUTE noted_{number}{given}")
        plan = [row[0] for row in rows]
        if tables := {name for line in plan for name in SCAN.findall(line)} - ALLOWED:
            found[query] = tables
    await connection.close()
    return found
