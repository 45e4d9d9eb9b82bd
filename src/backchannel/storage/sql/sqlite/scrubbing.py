"""Removal of erased text from the index and the file, so that no byte of it remains (S22).

Entries are only ever added to the index: a removal is one more entry, and the trigrams of its text
stay in their segment until segments are merged. Merging all segments into one leaves nothing that
was removed. SQLite does that a few pages at a time (https://www.sqlite.org/fts5.html, sections 6.7
and 6.8), so each step is short.

In the file, `secure_delete` overwrites a row in its place, but not the copies that stay in unused
parts of pages when the rows around it move. `overwriting` does
(docs/decisions/0007-erased-means-overwritten.md).
"""

import time

from sqlalchemy import func, select

from backchannel.storage.sql.database import Transaction
from backchannel.storage.sql.sqlite.connection import SqliteConnection
from backchannel.storage.sql.sqlite.driver import AUTOCHECKPOINT
from backchannel.storage.sql.sqlite.index import search_index
from backchannel.storage.sql.sqlite.indexer import refresh

FEWEST_PAGES = 16
MOST_PAGES = 512
"""Pages of the index that a step writes, about 4 KB each; the first step writes the fewest."""
STEP_SECONDS = 0.01
"""The time that a step should hold the writer."""
LOG_PAGES = 2_000
"""Pages after which the log is copied into the file, before the writer has to do it."""
COMMAND = ("search_index", "rank")
CHANGES = select(func.total_changes())

KEEP_LOG = "PRAGMA wal_autocheckpoint = 0"


async def forget_stale(transaction: Transaction) -> bool:
    """Remove changed texts from the index; returns True if there may be more."""
    return await refresh(transaction)


async def begin_merge(transaction: Transaction) -> None:
    """Begin to merge all current segments into one."""
    await transaction.insert(search_index, COMMAND, [("merge", -1)])


class Merge:
    """The steps of a merge, each of as many pages as the time for a step allows."""

    def __init__(self) -> None:
        self._pages = FEWEST_PAGES
        self._logged = 0

    async def step(self, transaction: Transaction) -> bool:
        """Go on with the merge; returns True if it did anything."""
        began = time.monotonic()
        (before,) = await transaction.fetch(CHANGES, int)
        await transaction.insert(search_index, COMMAND, [("merge", self._pages)])
        (after,) = await transaction.fetch(CHANGES, int)
        self._logged += self._pages
        took = max(time.monotonic() - began, STEP_SECONDS / MOST_PAGES)
        pages = int(self._pages * STEP_SECONDS / took)
        self._pages = max(FEWEST_PAGES, min(pages, MOST_PAGES))
        # A command that finds nothing to do counts as one change.
        return after - before > 1

    def fills_log(self) -> bool:
        """True if the log should be copied now."""
        fills = self._logged >= LOG_PAGES
        self._logged = 0 if fills else self._logged
        return fills


async def keep_log(connection: SqliteConnection) -> None:
    """Copy no pages from the log into the database, which would have to grow."""
    await connection.run(KEEP_LOG)


async def copy_log_again(connection: SqliteConnection) -> None:
    """Copy pages from the log into the database again, now and then."""
    await connection.run(f"PRAGMA wal_autocheckpoint = {AUTOCHECKPOINT}")
