"""Writing the whole file afresh, which leaves nothing of what was deleted (rule S22).

`secure_delete` overwrites a row where it lay, and not the copies that stay in unused parts of
pages when the rows around it move. Only a new file has none of these
(docs/decisions/0007-erased-means-rewritten.md).
"""

import shutil
from pathlib import Path

from backchannel.domain.errors import Unavailable
from backchannel.storage.sql.sqlite.connection import SqliteConnection
from backchannel.storage.sql.sqlite.driver import AUTOCHECKPOINT, BUSY_TIMEOUT

READERS_TIMEOUT = 50
"""Milliseconds that the writer waits for readers of the log, before others get their turn."""
KEEP_LOG = "PRAGMA wal_autocheckpoint = 0"


def needed_room(path: Path) -> int:
    """Bytes that must be free to rewrite the file at `path`: a copy, and the log of its pages."""
    return 2 * path.stat().st_size


def require_room(path: Path) -> None:
    """Raise `Unavailable` unless there is room to rewrite the file at `path`."""
    needed, free = needed_room(path), shutil.disk_usage(path.parent).free
    if free < needed:
        raise Unavailable(
            f"{path.parent} has {free >> 20:,} MiB free, and rewriting the database takes"
            f" {needed >> 20:,} MiB; make room",
            retry_after=60,
        )


async def rewrite(connection: SqliteConnection, path: Path) -> None:
    """Rewrite the file at `path`; outside of a transaction. Raises `sqlite3.Error`.

    The copy may be larger than the memory, and is everybody's messages: it is made beside the
    database, as a file that has no name and ends with the connection's use of it.
    """
    folder = str(path.parent).replace("'", "''")
    await connection.run(f"PRAGMA temp_store_directory = '{folder}'")
    await connection.run("PRAGMA temp_store = FILE")
    try:
        await connection.run("VACUUM")
    finally:
        await connection.run("PRAGMA temp_store = MEMORY")


async def empty_log(connection: SqliteConnection) -> bool:
    """Empty the write-ahead log, which has old pages in it; False while somebody reads them."""
    await connection.run(f"PRAGMA busy_timeout = {READERS_TIMEOUT}")
    try:
        busy, *_ = await connection.run("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        await connection.run(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
    return not busy


async def keep_log(connection: SqliteConnection) -> None:
    """Copy no pages from the log into the database, which would have to grow."""
    await connection.run(KEEP_LOG)


async def copy_log(connection: SqliteConnection) -> None:
    """Copy pages from the log into the database again, now and then."""
    await connection.run(f"PRAGMA wal_autocheckpoint = {AUTOCHECKPOINT}")
