"""Writing the whole file afresh, which leaves nothing of what was deleted (rule S22).

`secure_delete` overwrites a row where it lay, and not the copies that stay in unused parts of
pages when the rows around it move. Only a new file has none of these
(docs/decisions/0013-erased-means-rewritten.md).
"""

from backchannel.domain.errors import Unavailable
from backchannel.storage.sql.sqlite.connection import SqliteConnection


async def rewrite(connection: SqliteConnection) -> None:
    """Rewrite the file, and empty the write-ahead log; outside of a transaction.

    Raises `Unavailable` while a long read keeps the log from being emptied, and `sqlite3.Error`.
    """
    # The copy may be larger than the memory.
    await connection.run("PRAGMA temp_store = FILE")
    try:
        await connection.run("VACUUM")
    finally:
        await connection.run("PRAGMA temp_store = MEMORY")
    busy, *_ = await connection.run("PRAGMA wal_checkpoint(TRUNCATE)")
    if busy:
        raise Unavailable("the write-ahead log is still being read", retry_after=1)
