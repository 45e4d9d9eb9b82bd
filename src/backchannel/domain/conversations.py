"""Conversations, the progress of each member, how one member sees them, and message requests."""

from enum import StrEnum

import msgspec
from msgspec import UNSET, UnsetType

from backchannel.domain.errors import Conflict, Forbidden, Throttled
from backchannel.domain.messages import Message
from backchannel.domain.revisions import reactions_by
from backchannel.domain.users import Patch

REQUEST_MESSAGES = 20
"""Most messages of a request: so accepting it is one short transaction."""
REQUESTS_AT_ONCE = 50
"""Requests that one user may send at once."""
REQUEST_INTERVAL = 5 * 60_000
"""Milliseconds after which the user may send another one."""


class RequestState(StrEnum):
    """A message request, as its recipient sees it: a first message that waits to be accepted.

    A conversation is a request from its first message on if its recipient's
    `Privacy.first_messages` says so. Until the recipient accepts, nothing in it reaches the
    recipient's log, and nothing that the recipient does reaches the sender. For the sender it is
    an ordinary conversation, and stays the same when the request is declined or the sender blocked.
    """

    PENDING = "pending"
    DECLINED = "declined"


class RequestUnanswered(Forbidden):
    """A request has all the messages it may have; the error does not say if it was declined."""

    code = "request_unanswered"

    def __init__(self) -> None:
        super().__init__(
            f"you have sent {REQUEST_MESSAGES} messages to a user who has not answered your message"
            " request; you can write again when they do"
        )


def count_request(due_at: int | None, at: int) -> int:
    """Count one more request of a user whose budget is full again at `due_at`.

    Returns the new time at which it is full again, in milliseconds since 1970. Raises `Throttled`.
    """
    whole_at = max(due_at or 0, at) + REQUEST_INTERVAL
    excess = whole_at - at - REQUESTS_AT_ONCE * REQUEST_INTERVAL
    if excess > 0:
        raise Throttled(
            "you have sent too many message requests; wait before the next one",
            retry_after=excess / 1_000,
        )
    return whole_at


def require_no_reaction(before: Message, after: Message) -> None:
    """Refuse a reaction of the recipient: it would reveal to the sender that they have seen it."""
    asked = after.recipient_id
    if reactions_by(asked, after) != reactions_by(asked, before):
        raise Conflict("accept the message request before you react to its messages")


class ConversationKind(StrEnum):
    DIRECT = "direct"
    SESSION = "session"


class Marks(msgspec.Struct, frozen=True):
    """A member's progress. Marks only move forward, never past `last_seq` (rule R6)."""

    delivered_seq: int = 0
    read_seq: int = 0


class ConversationSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A member's settings for a conversation, hidden from the other member.

    `muted_until` is in milliseconds since 1970. Reading the conversation ends `marked_unread`.
    """

    pinned: bool = False
    archived: bool = False
    marked_unread: bool = False
    muted_until: int | None = None


class SettingsPatch(Patch, frozen=True, kw_only=True):
    """New values for a member's `ConversationSettings`."""

    pinned: bool | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    marked_unread: bool | UnsetType = UNSET
    muted_until: int | UnsetType | None = UNSET


class ConversationView(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as one of its members sees it.

    `peer_id` is the other member, `ids.RESPONDER_ID` in a session; `key` and `name` are a
    session's. `unread` counts the other's messages past the user's read mark that are not deleted.
    `settings` are this member's. `request` is set for the recipient of a message request only.
    """

    id: str
    kind: ConversationKind
    peer_id: str
    last_seq: int
    created_at: int
    updated_at: int
    key: str | None = None
    name: str | None = None
    unread: int = 0
    mine: Marks = Marks()
    theirs: Marks = Marks()
    last_message: Message | None = None
    settings: ConversationSettings = ConversationSettings()
    request: RequestState | None = None


class Receipt(msgspec.Struct, frozen=True):
    """The progress of `user_id` in a conversation, as sent to the other member."""

    conversation_id: str
    user_id: str
    delivered_seq: int
    read_seq: int


class ReceiptTimes(msgspec.Struct, frozen=True):
    """The times at which a message was delivered and read, in milliseconds since 1970.

    None if it has not been, as far as its sender may know, or if the time is no longer known.
    """

    delivered_at: int | None = None
    read_at: int | None = None
