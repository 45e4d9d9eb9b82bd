"""The meaning of MariaDB's and MySQL's errors for the caller.

Numbers: https://mariadb.com/kb/en/mariadb-error-code-reference/ and
https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html
"""

import logging
import re

from asyncmy import errors
from sqlalchemy import Index, UniqueConstraint

from backchannel.domain.errors import ChatError, Invalid, Unavailable
from backchannel.storage.sql.database import Duplicate, Unreadable
from backchannel.storage.sql.locks import Outdated
from backchannel.storage.sql.mysql.driver import Conflicted, code_of
from backchannel.storage.sql.schema import metadata

AGAIN = (Conflicted, Outdated)
"""Nothing was stored, and the same transaction may well succeed a moment later."""

MISTAKES = (OverflowError, UnicodeEncodeError)
"""Raised before a statement is sent: its caller's fault."""

REFUSED = (OSError, TimeoutError, *MISTAKES, errors.Error)
"""The driver's errors, and those of values that cannot be passed to it."""

DUPLICATE = 1062
# Texts and numbers that do not fit; the errors of JSON_TABLE have separate numbers.
TOO_LARGE = frozenset({1264, 1300, 1366, 1406, 3156, 4177, 4178})
DAMAGE = frozenset({1034, 1194, 1195, 1712, 1815, 1817, 1877, 1932})
DISK_FULL = frozenset({1021, 1114})
_NO_SPACE = re.compile(r"\b(?:errno: |error )28\b")
CROWDED = frozenset({1040, 1203, 1226})
# The driver's own are 2000 and above. A server that stops, or has become a replica, is away.
GONE = frozenset({1040, 1053, 1079, 1080, 1129, 1158, 1159, 1160, 1161, 1290, 1836, 1927, 4031})
DRIVERS_OWN = range(2000, 2100)

_KEY = re.compile(r"for key '(?:\w+\.)?(\w+)'")
_UNIQUE = {
    str(unique.name): frozenset(column.name for column in unique.columns)
    for table in metadata.tables.values()
    for unique in (*table.constraints, *table.indexes)
    if isinstance(unique, UniqueConstraint) or (isinstance(unique, Index) and unique.unique)
}

_logger = logging.getLogger("backchannel.storage")


def as_refusal(error: Exception, *, committing: bool = False) -> ChatError:
    """The error that the caller gets for one of the driver's."""
    code = code_of(error) if isinstance(error, errors.Error) else 0
    if code == DUPLICATE:
        key = _KEY.search(str(error.args[-1]))
        return Duplicate(_UNIQUE.get(key[1], frozenset()) if key else frozenset())
    if code in TOO_LARGE or isinstance(error, MISTAKES):
        return Invalid("a text is not Unicode, or a number or text is too large")
    if code in DAMAGE:
        return Unreadable()
    return Unavailable(_reason(error, code, committing=committing), retry_after=1)


def _reason(error: Exception, code: int, *, committing: bool) -> str:
    if code in DISK_FULL or _NO_SPACE.search(str(error)):
        return "the disk of the database is full; nothing was stored"
    is_gone = code in GONE or code in DRIVERS_OWN or isinstance(error, OSError)
    if not is_gone and not isinstance(error, errors.InterfaceError | errors.InternalError):
        _logger.error("the database refused a statement: %s", error)
        return f"the database refused (error {code})"
    if committing:
        return "the database went away in mid-commit, so this may have been stored; try again"
    return "the database is unavailable; nothing was stored"
