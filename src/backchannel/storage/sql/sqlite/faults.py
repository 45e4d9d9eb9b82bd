"""What SQLite's errors mean for whoever asked."""

import re
import sqlite3

from backchannel.domain.errors import ChatError, Invalid, Unavailable
from backchannel.storage.sql.database import Duplicate

_FAILED_SYNCS = {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}
_UNINDEXED = sqlite3.SQLITE_IOERR_SHMSIZE
"""No room for the index of the write-ahead log, the -shm file, which grows by 32 KB at a time."""
_FULL = {sqlite3.SQLITE_FULL, _UNINDEXED}
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

MISTAKES = (OverflowError, UnicodeEncodeError, sqlite3.DataError)
"""Raised before a statement runs: its caller's fault."""

_COLUMN = re.compile(r"\w+\.(\w+)")


class DiskFull(Unavailable):
    """There is no room left; nothing was stored."""

    def __init__(
        self, text: str = "the disk is full; nothing was stored", *, retry_after: float | None = 5
    ) -> None:
        super().__init__(text, retry_after=retry_after)


def as_refusal() -> ChatError:
    """What the caller is told of one of the `MISTAKES`."""
    return Invalid("a text is not Unicode, or a number or text is too large")


def as_duplicate(error: sqlite3.IntegrityError) -> Duplicate:
    """What "UNIQUE constraint failed: table.column, table.column" means."""
    return Duplicate(frozenset(_COLUMN.findall(str(error))))


def is_failed_sync(error: sqlite3.Error) -> bool:
    """Whether it is unknown what of the written data is on disk, and will stay unknown."""
    return getattr(error, "sqlite_errorcode", None) in _FAILED_SYNCS


def is_full(error: Exception) -> bool:
    """Whether there is no room left on the disk."""
    return getattr(error, "sqlite_errorcode", None) in _FULL


def is_unindexed(error: sqlite3.Error) -> bool:
    """Whether a commit that failed may stand in the write-ahead log, for a start to find it."""
    return getattr(error, "sqlite_errorcode", None) == _UNINDEXED


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file's content is not what was written."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def as_unavailable(error: sqlite3.Error) -> Unavailable:
    """What everybody in a failed transaction is told: nothing was stored."""
    if is_full(error):
        return DiskFull()
    name = getattr(error, "sqlite_errorname", None)
    return Unavailable(f"the database refused ({name or error})", retry_after=1)
