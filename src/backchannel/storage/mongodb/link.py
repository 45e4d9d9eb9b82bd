"""The link to the server: its timeouts, the meaning of its errors, and its losses."""

import re
import socket
import warnings
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pymongo
from bson.errors import BSONError
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    InvalidURI,
    OperationFailure,
    PyMongoError,
)
from pymongo.monitoring import (
    ConnectionCheckedInEvent,
    ConnectionCheckedOutEvent,
    ConnectionCheckOutFailedEvent,
    ConnectionCheckOutStartedEvent,
    ConnectionClosedEvent,
    ConnectionClosedReason,
    ConnectionCreatedEvent,
    ConnectionPoolListener,
    ConnectionReadyEvent,
    PoolClearedEvent,
    PoolClosedEvent,
    PoolCreatedEvent,
    PoolReadyEvent,
)

from backchannel.domain.errors import ChatError, Invalid, Unavailable
from backchannel.storage import CannotOpen
from backchannel.telemetry import failures

Client = AsyncMongoClient[dict[str, Any]]
Database = AsyncDatabase[dict[str, Any]]

SELECTION_MS = 1_000
"""Milliseconds in which a server must be found that takes writes."""
OPERATION_MS = 3_000
"""Milliseconds that one operation may take; it reveals a frozen server."""
CONNECTIONS = 16
DEFAULT_DATABASE = "backchannel"
RETRY_AFTER = 1.0

MISTAKES = (OverflowError, UnicodeEncodeError, BSONError)
"""Raised while a document is encoded: it has a text or a number that MongoDB cannot hold."""
_OUT_OF_DISK_SPACE = 14_031
_NO_SPACE = "No space left on device"
_ENDING = frozenset({91, 11_600, 11_602})
"""The codes with which a server that stops, or steps down, refuses running operations."""
_ERROR_NUMBER = re.compile(r"\[Errno (-?\d+)\] ([^,(]*)")


class Unusable(PyMongoError):
    """The database cannot be used until it has been restored; the text says why."""


class Losses(ConnectionPoolListener):
    """Counts the signs that the server has been restarted or replaced.

    Such a server may lack writes that were not in its journal yet.
    """

    def __init__(self) -> None:
        self.count = 0

    def connection_closed(self, event: ConnectionClosedEvent) -> None:
        if event.reason in {ConnectionClosedReason.ERROR, ConnectionClosedReason.STALE}:
            self.count += 1

    def pool_cleared(self, event: PoolClearedEvent) -> None:  # noqa: ARG002 - its own says nothing
        self.count += 1

    def pool_created(self, event: PoolCreatedEvent) -> None: ...

    def pool_ready(self, event: PoolReadyEvent) -> None: ...

    def pool_closed(self, event: PoolClosedEvent) -> None: ...

    def connection_created(self, event: ConnectionCreatedEvent) -> None: ...

    def connection_ready(self, event: ConnectionReadyEvent) -> None: ...

    def connection_check_out_started(self, event: ConnectionCheckOutStartedEvent) -> None: ...

    def connection_check_out_failed(self, event: ConnectionCheckOutFailedEvent) -> None: ...

    def connection_checked_out(self, event: ConnectionCheckedOutEvent) -> None: ...

    def connection_checked_in(self, event: ConnectionCheckedInEvent) -> None: ...


def connect(
    url: str, losses: Losses | None = None, *, serving: bool = False
) -> tuple[Client, Database]:
    """A client of the server at `url`, and the database that it names. Raises `CannotOpen`.

    One that is `serving` has its `serving_name` there.

    Writes that the driver would repeat are repeated by `store.py`, which first checks that the
    server still has everything.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # an option that the driver ignores
            client: Client = AsyncMongoClient(
                url,
                appname=serving_name(url) if serving else "backchannel",
                serverSelectionTimeoutMS=SELECTION_MS,
                connectTimeoutMS=SELECTION_MS,
                timeoutMS=OPERATION_MS,
                maxPoolSize=CONNECTIONS,
                retryReads=False,
                retryWrites=False,
                readPreference="primary",
                event_listeners=[losses] if losses else [],
            )
    except (InvalidURI, ConfigurationError, ValueError, UserWarning) as error:
        raise CannotOpen(f"the MongoDB URL cannot be used: {error}") from None
    return client, client.get_default_database(DEFAULT_DATABASE)


def serving_name(url: str) -> str:
    """The name that a server of this program has in MongoDB while it uses this database."""
    return f"backchannel serve {urlsplit(url).path.strip('/') or DEFAULT_DATABASE}"


def without_deadline() -> Any:
    """A context in which operations may take as long as they need."""
    return pymongo.timeout(0)  # with None, the client's limit would apply


def is_lost(error: PyMongoError) -> bool:
    """True if there was no answer, so that it is unknown if the operation was done."""
    if isinstance(error, OperationFailure) and not _ENDING.isdisjoint(_codes(error)):
        return True
    return isinstance(error, ConnectionFailure) or error.timeout


def is_disk_full(error: PyMongoError) -> bool:
    """True if the server had no room for the write."""
    return _NO_SPACE in str(error) or (
        isinstance(error, OperationFailure) and error.code == _OUT_OF_DISK_SPACE
    )


def _codes(error: OperationFailure) -> set[int | None]:
    """The code of an error, and those of the documents of a bulk write."""
    details: Mapping[str, Any] = error.details or {}
    return {error.code, *(each.get("code") for each in details.get("writeErrors", ()))}


def reason(error: PyMongoError) -> str:
    """The driver's error in one line, without its view of all servers."""
    details = error.details if isinstance(error, OperationFailure) else None
    text = str((details or {}).get("errmsg") or error) or type(error).__name__
    # The driver keeps only the text of the system's error.
    if found := _ERROR_NUMBER.search(text):
        number, description = int(found[1]), found[2].strip()
        return failures.reason((OSError if number > 0 else socket.gaierror)(number, description))
    if "timed out" in text:
        return failures.reason(TimeoutError())
    if "Got response id" in text:
        return "what answers there is no MongoDB"
    for more in (" (configured timeouts", ", Timeout: ", ", full error: "):
        text = text.partition(more)[0]
    return " ".join(text.split())


def as_refusal(error: Exception, *, committing: bool = False) -> ChatError:
    """The error for the caller; while `committing`, the changes may be stored nevertheless."""
    if isinstance(error, MISTAKES):
        return Invalid("a text is not Unicode, or a number or text is too large")
    stored = "this may have been stored; try again" if committing else "nothing was stored"
    if isinstance(error, PyMongoError) and is_disk_full(error):
        return Unavailable(f"the database's disk is full; {stored}", retry_after=5)
    if isinstance(error, Unusable):
        return Unavailable("the server no longer uses its database; its log says why")
    if committing:
        return Unavailable(f"the database failed in mid-commit; {stored}", retry_after=RETRY_AFTER)
    if isinstance(error, PyMongoError) and is_lost(error):
        return Unavailable("the database cannot be reached", retry_after=RETRY_AFTER)
    return Unavailable("the database refused the request", retry_after=RETRY_AFTER)
