"""The link to the server: how long it is waited for, what its errors mean, and when it was lost."""

from typing import Any

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
from backchannel.storage.errors import CannotOpen

Client = AsyncMongoClient[dict[str, Any]]
Database = AsyncDatabase[dict[str, Any]]

SELECTION_MS = 1_000
"""Milliseconds in which a server must be found that takes writes."""
OPERATION_MS = 3_000
"""Milliseconds that one operation may take; a server that is frozen is found out by that."""
CONNECTIONS = 16
DEFAULT_DATABASE = "backchannel"
RETRY_AFTER = 1.0

MISTAKES = (OverflowError, UnicodeEncodeError, BSONError)
"""Raised while a document is encoded: it has a text or a number that MongoDB cannot hold."""
_OUT_OF_DISK_SPACE = 14_031


class Losses(ConnectionPoolListener):
    """Counts what may mean that the server has been started anew, or is another one now.

    Such a server may lack what was not in its journal yet.
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


def connect(url: str, losses: Losses | None = None) -> tuple[Client, Database]:
    """A client of the server at `url`, and the database that it names. Raises `CannotOpen`.

    What the driver would repeat by itself is repeated by `database.py`, which looks first whether
    the server still has everything.
    """
    try:
        client: Client = AsyncMongoClient(
            url,
            appname="backchannel",
            serverSelectionTimeoutMS=SELECTION_MS,
            connectTimeoutMS=SELECTION_MS,
            timeoutMS=OPERATION_MS,
            maxPoolSize=CONNECTIONS,
            retryReads=False,
            retryWrites=False,
            readPreference="primary",
            event_listeners=[losses] if losses else [],
        )
    except (InvalidURI, ConfigurationError, ValueError) as error:
        raise CannotOpen(f"the MongoDB URL cannot be used: {error}") from None
    return client, client.get_default_database(DEFAULT_DATABASE)


def unhurried() -> Any:
    """A context in which operations may take as long as they need."""
    return pymongo.timeout(None)


def is_lost(error: PyMongoError) -> bool:
    """True if there was no answer: whether the operation was done is unknown."""
    return isinstance(error, ConnectionFailure) or error.timeout


def as_refusal(error: Exception) -> ChatError:
    """The error for the caller."""
    if isinstance(error, MISTAKES):
        return Invalid("a text is not Unicode, or a number or text is too large")
    if isinstance(error, OperationFailure) and error.code == _OUT_OF_DISK_SPACE:
        return Unavailable("the database's disk is full; nothing was stored", retry_after=5)
    if isinstance(error, PyMongoError) and is_lost(error):
        return Unavailable("the database cannot be reached", retry_after=RETRY_AFTER)
    return Unavailable("the database has refused", retry_after=RETRY_AFTER)
