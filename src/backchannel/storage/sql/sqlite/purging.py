"""Taking out of the full-text index what was removed from it.

The index only ever adds: that a message is no longer in it is one more entry, and the trigrams of
its text stay in their segment until segments are merged. All of them merged into one leave
nothing that was removed. SQLite does that a few pages at a time
(https://www.sqlite.org/fts5.html, sections 6.7 and 6.8), so nobody waits long for a step.
"""

from sqlalchemy import func, select

from backchannel.storage.sql.database import Connection
from backchannel.storage.sql.sqlite.index import search_index
from backchannel.storage.sql.sqlite.indexer import refresh

PAGES = 500
"""Pages of the index that one step writes, about 4 KB each: some hundredths of a second."""
COMMAND = ("search_index", "rank")
CHANGES = select(func.total_changes())


async def forget_stale(connection: Connection) -> bool:
    """Take texts that have been changed out of the index; whether there may be more of them."""
    return await refresh(connection)


async def begin_merge(connection: Connection) -> None:
    """Have all segments, as they are now, merged into one."""
    await connection.insert(search_index, COMMAND, [("merge", -PAGES)])


async def merge_some(connection: Connection) -> bool:
    """Go on with the merge; whether there was anything to do."""
    (before,) = await connection.fetch(CHANGES, int)
    await connection.insert(search_index, COMMAND, [("merge", PAGES)])
    (after,) = await connection.fetch(CHANGES, int)
    # A command that finds nothing to do counts as one change.
    return after - before > 1
