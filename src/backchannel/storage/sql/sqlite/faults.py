"""The conversion of SQLite's errors to those of the port."""

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
    """The error for one of the `MISTAKES`."""
    return Invalid("a text is not Unicode, or a number or text is too large")


def as_duplicate(error: sqlite3.IntegrityError) -> Duplicate:
    """The `Duplicate` for "UNIQUE constraint failed: table.column, table.column"."""
    return Duplicate(frozenset(_COLUMN.findall(str(error))))


def is_failed_sync(error: sqlite3.Error) -> bool:
    """True if a sync failed, so that it is unknown which of the written data are on disk."""
    return getattr(error, "sqlite_errorcode", None) in _FAILED_SYNCS


def is_full(error: Exception) -> bool:
    """True if the disk is full."""
    return getattr(error, "sqlite_errorcode", None) in _FULL


def is_unindexed(error: sqlite3.Error) -> bool:
    """True if a failed commit may be in the write-ahead log, where the next start finds it."""
    return getattr(error, "sqlite_errorcode", None) == _UNINDEXED


def is_damage(error: sqlite3.Error) -> bool:
    """True if the content of the file is damaged."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def as_unavailable(error: sqlite3.Error) -> Unavailable:
    """The error for all jobs of a failed transaction: nothing was stored."""
    if is_full(error):
        return DiskFull()
    name = getattr(error, "sqlite_errorname", None)
    return Unavailable(f"the database refused ({name or error})", retry_after=1)
