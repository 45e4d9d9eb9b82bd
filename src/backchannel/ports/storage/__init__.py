"""The storage port: the operations that the core needs of a database.

Every adapter passes the same contract suite. A method that writes returns only once its
transaction is durable on disk (rule R1); the events that it returns are in the log by then.
Any method raises `Unavailable` when the database cannot be reached or refuses to write, and
`Overloaded` when its bounded queue is full: then nothing was stored, or (for a connection
lost in mid-commit) it is unknown whether it was, and repeating the call is harmless.

Times are milliseconds since 1970, UTC, and are given by the caller: storage has no clock.
"""

from typing import Protocol

from backchannel.ports.storage.accounts import Accounts, Invitations
from backchannel.ports.storage.conversations import Conversations
from backchannel.ports.storage.erasures import Erasures
from backchannel.ports.storage.files import Files
from backchannel.ports.storage.messages import Messages, Search
from backchannel.ports.storage.reports import Reports
from backchannel.ports.storage.transfer import ImportProgress, Transfer
from backchannel.ports.storage.values import (
    Acknowledgement,
    Changed,
    ErasedPart,
    Gather,
    LogPage,
    LogState,
    ReadMark,
    Requested,
    Stored,
)

__all__ = [
    "Accounts",
    "Acknowledgement",
    "Changed",
    "Conversations",
    "ErasedPart",
    "Erasures",
    "Files",
    "Gather",
    "ImportProgress",
    "LogPage",
    "LogState",
    "Messages",
    "ReadMark",
    "Reports",
    "Requested",
    "Storage",
    "Stored",
    "Transfer",
]


class Storage(
    Accounts,
    Invitations,
    Messages,
    Conversations,
    Files,
    Search,
    Erasures,
    Reports,
    Transfer,
    Protocol,
):
    """A database that is open and has the current schema."""

    async def check(self) -> None:
        """Answer a trivial query, or raise `Unavailable`."""
        ...

    async def close(self) -> None:
        """Finish the queued jobs and close the database. Further calls raise `Unavailable`."""
        ...
