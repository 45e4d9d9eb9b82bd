"""Conversations, how far each member has got in them, and how one member sees them."""

from enum import StrEnum

import msgspec

from backchannel.domain.messages import Message


class ConversationKind(StrEnum):
    DIRECT = "direct"
    SESSION = "session"


class Marks(msgspec.Struct, frozen=True):
    """How far a member has got. Marks only move forward, never past `last_seq` (rule R6)."""

    delivered_seq: int = 0
    read_seq: int = 0


class ConversationView(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as one of its members sees it.

    `peer_id` is the other member, `ids.RESPONDER_ID` in a session; `key` and `name` are a
    session's. `unread` counts the other's messages past the own read mark that are not deleted.
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


class Receipt(msgspec.Struct, frozen=True):
    """How far `user_id` has got in a conversation, as its other member learns it."""

    conversation_id: str
    user_id: str
    delivered_seq: int
    read_seq: int
