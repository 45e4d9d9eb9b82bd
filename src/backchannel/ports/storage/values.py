"""The values that storage returns, and those it is passed in batches."""

from collections.abc import Callable, Sequence

import msgspec

from backchannel.domain.events import Event, LogHead
from backchannel.domain.messages import Draft, Message

Gather = Callable[[], tuple[Sequence[Draft], int]]
"""Gives the drafts of a batch and its time, milliseconds since 1970: the same at each call."""


class Stored(msgspec.Struct, frozen=True, gc=False):
    """A message is on disk. `events` are its log entries: the sender's, then the recipient's.

    A repeated draft gives the original message and no events (rule R2).
    """

    message: Message
    events: tuple[Event, ...] = ()
    repeated: bool = False


class Changed(msgspec.Struct, frozen=True):
    """A message as it is now, and the log entries of the change; none if nothing changed."""

    message: Message
    events: tuple[Event, ...] = ()


class LogPage(msgspec.Struct, frozen=True):
    """Consecutive log entries, oldest first, and the head of the log in the same snapshot."""

    events: tuple[Event, ...]
    head: LogHead

    @property
    def complete(self) -> bool:
        """True if no page follows this one."""
        return not self.events or self.events[-1].position >= self.head.position


class LogState(msgspec.Struct, frozen=True):
    """The head of a log, and the position up to which a device of its user has everything."""

    head: LogHead
    delivered_position: int


class Requested(msgspec.Struct, frozen=True):
    """An erasure is on record: the logins that ended with it, and the events for the peers."""

    login_ids: tuple[str, ...]
    events: tuple[Event, ...]


class ErasedPart(msgspec.Struct, frozen=True):
    """The events for peers about an erased part, and True if it was the last part."""

    events: tuple[Event, ...] = ()
    complete: bool = False


class Acknowledgement(msgspec.Struct, frozen=True):
    """A device holds everything up to `position` of its user's log, durably.

    `at` is the time, in milliseconds since 1970: 0 stands for that of the newest message.
    """

    user_id: str
    login_id: str
    position: int
    at: int = 0


class ReadMark(msgspec.Struct, frozen=True):
    """A user has read a conversation up to `seq`; `at` as in `Acknowledgement`."""

    user_id: str
    conversation_id: str
    seq: int
    at: int = 0
