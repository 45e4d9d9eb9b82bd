"""The meaning of PostgreSQL's errors for the caller.

Classes of errors: https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

# pyright: reportMissingTypeStubs=false

import logging

from asyncpg import exceptions
from sqlalchemy import Index, UniqueConstraint

from backchannel.domain.errors import ChatError, Invalid, Unavailable
from backchannel.storage.sql.database import Duplicate, Unreadable
from backchannel.storage.sql.locks import Outdated
from backchannel.storage.sql.schema import metadata

AGAIN = (exceptions.TransactionRollbackError, exceptions.LockNotAvailableError, Outdated)
"""Nothing was stored, and the same transaction may well succeed a moment later."""

CROWDED = exceptions.TooManyConnectionsError

UNIQUE = exceptions.UniqueViolationError

MISTAKES = (OverflowError, UnicodeEncodeError, exceptions.DataError)
"""Raised before a statement runs, or by it: its caller's fault."""

GONE = (
    OSError,
    TimeoutError,
    exceptions.InterfaceError,
    exceptions.InternalClientError,
    exceptions.PostgresConnectionError,
    exceptions.OperatorInterventionError,
)
"""The connection is lost, or cannot be made."""

REFUSED = (*GONE, *MISTAKES, exceptions.PostgresError)
"""The driver's errors, and those of values that cannot be passed to it."""

_logger = logging.getLogger("backchannel.storage")

_DAMAGE = (exceptions.DataCorruptedError, exceptions.IndexCorruptedError)
_UNIQUE = {
    str(unique.name): frozenset(column.name for column in unique.columns)
    for table in metadata.tables.values()
    for unique in (*table.constraints, *table.indexes)
    if isinstance(unique, UniqueConstraint) or (isinstance(unique, Index) and unique.unique)
}


def as_refusal(error: Exception, *, committing: bool = False) -> ChatError:
    """The error that the caller gets for one of the driver's."""
    if isinstance(error, exceptions.UniqueViolationError):
        return Duplicate(_UNIQUE.get(getattr(error, "constraint_name", ""), frozenset()))
    if isinstance(error, MISTAKES):
        return Invalid("a text is not Unicode, or a number or text is too large")
    if isinstance(error, _DAMAGE):
        return Unreadable()
    return Unavailable(_reason(error, committing=committing), retry_after=1)


def _reason(error: Exception, *, committing: bool) -> str:
    if isinstance(error, exceptions.DiskFullError):
        return "the disk of the database is full; nothing was stored"
    if not isinstance(error, GONE):
        _logger.error("the database refused a statement: %s", error)
        return f"the database refused ({type(error).__name__})"
    if committing:
        return "the database went away in mid-commit, so this may have been stored; try again"
    return "the database is unavailable; nothing was stored"
