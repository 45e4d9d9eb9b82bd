"""Conversations, how far each member has got in them, and how one member sees them."""

from enum import StrEnum

import msgspec
from msgspec import UNSET, UnsetType

from backchannel.domain.messages import Message
from backchannel.domain.patches import Patch


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
    session's. `unread` counts the other's messages past the own read mark that are not deleted.
    `settings` are this member's.
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


class Receipt(msgspec.Struct, frozen=True):
    """The progress of `user_id` in a conversation, as sent to the other member."""

    conversation_id: str
    user_id: str
    delivered_seq: int
    read_seq: int
