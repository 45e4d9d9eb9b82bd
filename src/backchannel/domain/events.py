"""Events: the entries of a user's log, from which devices learn of changes."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from backchannel.domain.conversations import Receipt
from backchannel.domain.messages import Message


class EventKind(StrEnum):
    MESSAGE = "message"
    EDIT = "edit"
    DELETE = "delete"
    REACTION = "reaction"
    RECEIPT = "receipt"
    CONVERSATION = "conversation"
    PROFILE = "profile"


class ConversationChange(msgspec.Struct, frozen=True):
    """A conversation has changed in the way that `change` names; fetch its new state."""

    conversation_id: str
    change: str


class ProfileChange(msgspec.Struct, frozen=True):
    """The profile of the user, or of a peer, has changed."""

    user_id: str


Content = Message | Receipt | ConversationChange | ProfileChange


class EventPayload(msgspec.Struct, gc=False):
    """A change, shared by the events of all users who receive it.

    `encoded` keeps what each dialect made of it, so that it is encoded once per dialect.
    """

    kind: EventKind
    content: Content
    encoded: dict[str, bytes] = {}


class Event(msgspec.Struct, frozen=True, gc=False):
    """An event at its position in one user's log: positions start at 1 and have no gaps."""

    user_id: str
    position: int
    payload: EventPayload

    @property
    def previous(self) -> int:
        """The position a device must hold to apply this event next."""
        return self.position - 1


def messages_in(events: Iterable[Event]) -> Iterator[Message]:
    """The messages that these events are about."""
    return (each.payload.content for each in events if isinstance(each.payload.content, Message))


class LogHead(msgspec.Struct, frozen=True):
    """The extent of a user's log: from `floor` (exclusive) to `position`, within `epoch`."""

    position: int
    epoch: str
    floor: int = 0
