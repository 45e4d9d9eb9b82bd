"""The storage port: what the core asks of a database.

Every adapter passes the same contract suite. A method that writes returns only once its
transaction is durable on disk (rule R1); what it reports as an event is in the log by then.
Any method raises `Unavailable` when the database cannot be reached or refuses to write, and
`Overloaded` when its bounded queue is full: then nothing was stored, or (for a connection
lost in mid-commit) it is unknown whether it was, and repeating the call is harmless.

Times are milliseconds since 1970, UTC, and are given by the caller: storage has no clock.
"""

from backchannel.ports.storage.accounts import Accounts
from backchannel.ports.storage.conversations import Conversations
from backchannel.ports.storage.erasures import Erasures
from backchannel.ports.storage.files import Files
from backchannel.ports.storage.messages import Messages
from backchannel.ports.storage.values import (
    Acknowledgement,
    Changed,
    ErasedPart,
    Gather,
    LogPage,
    ReadMark,
    Requested,
    Stored,
)
from backchannel.ports.storage.whole import Storage

__all__ = [
    "Accounts",
    "Acknowledgement",
    "Changed",
    "Conversations",
    "ErasedPart",
    "Erasures",
    "Files",
    "Gather",
    "LogPage",
    "Messages",
    "ReadMark",
    "Requested",
    "Storage",
    "Stored",
]
