"""The shapes of the native API (`/v1`), as `docs/protocol.md` describes them.

Fields that a newer server adds are ignored.
"""

import hashlib
import uuid
from typing import Generic, TypeVar

import msgspec

Item = TypeVar("Item")


class FileInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A file. `size` is in bytes, `duration` in milliseconds; the picture is the right way up.

    In Base64 are `waveform`, how loud a recording is over time, one byte a sample from 0 to 255;
    and `placeholder`, the ThumbHash of a picture.
    """

    id: str
    name: str
    type: str
    size: int
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    waveform: str | None = None
    placeholder: str | None = None
    url: str = ""
    thumbnail_url: str | None = None


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message. `client_id`, the idempotency key, is sent to its sender only.

    `revision` counts the changes: a higher one is newer, in whatever order they arrive.
    """

    conversation_id: str
    seq: int
    id: str
    sender_id: str
    recipient_id: str
    client_id: str | None = None
    kind: str = "text"
    body: str
    reply_to: int | None = None
    revision: int = 0
    created_at: str
    edited_at: str | None = None
    deleted_at: str | None = None
    reactions: dict[str, list[str]] = {}
    files: list[FileInfo] = []


class Marks(msgspec.Struct, frozen=True):
    """A member's marks in a conversation."""

    delivered_seq: int
    read_seq: int


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A user, as every user sees them. `deleted`: the account is gone.

    `about` is a line by the user. `avatar_url` leads to a square picture and needs no login.
    """

    id: str
    username: str
    display_name: str
    about: str = ""
    avatar_url: str | None = None
    deleted: bool = False


class Account(User, frozen=True, kw_only=True):
    """Your account."""

    email: str | None = None
    created_at: str
    updated_at: str


class Privacy(msgspec.Struct, frozen=True, kw_only=True):
    """Your privacy settings: `everybody` or `nobody`, and mutual.

    `first_messages` is `everybody`, or `requests` if messages of users to whom you have not
    written are message requests.
    """

    last_seen: str
    read_receipts: str
    typing: str
    first_messages: str = "everybody"


class ConversationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Your settings of a conversation. The other user is not told."""

    pinned: bool = False
    archived: bool = False
    marked_unread: bool = False
    muted_until: str | None = None


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as its member sees it. A session has a `key` and a `name`, and no `peer`.

    `request` is `pending` or `declined` if it is a message request to you.
    """

    id: str
    kind: str
    peer_id: str
    peer: User | None
    key: str | None
    name: str | None
    last_seq: int
    unread: int
    mine: Marks
    theirs: Marks
    created_at: str
    updated_at: str
    last_message: Message | None
    settings: ConversationSettings = ConversationSettings()
    request: str | None = None


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A device that is logged in; `current` is the one that asks."""

    id: str
    agent: str
    address: str
    current: bool
    created_at: str
    last_used_at: str
    expires_at: str


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of a login. A refresh token works once."""

    user: Account
    login_id: str
    access_token: str
    expires_at: str
    refresh_token: str
    refresh_expires_at: str


class Receipt(msgspec.Struct, frozen=True):
    """A member's marks in a conversation."""

    conversation_id: str
    user_id: str
    delivered_seq: int
    read_seq: int


class ConversationChange(msgspec.Struct, frozen=True):
    """A conversation has changed: fetch it again."""

    conversation_id: str
    change: str


class ProfileChange(msgspec.Struct, frozen=True):
    """A user's profile has changed: fetch it again."""

    user_id: str


class Snippet(msgspec.Struct, frozen=True):
    """A part of a message, and what to highlight: pairs of UTF-16 offsets."""

    text: str
    highlights: list[tuple[int, int]]


class ReceiptTimes(msgspec.Struct, frozen=True):
    """The times of a message's receipts.

    None if it has not happened, is hidden from you, or is no longer known.
    """

    delivered_at: str | None
    read_at: str | None


class Hit(msgspec.Struct, frozen=True):
    """A message that a search has found."""

    conversation_id: str
    seq: int
    id: str
    sender_id: str
    created_at: str
    snippet: Snippet


class ServerConfig(msgspec.Struct, frozen=True):
    """The server's public configuration. The limits of messages and files are in bytes."""

    registration: bool
    first_run: bool
    password_minimum: int
    message_limit: int
    file_limit: int
    invitation_needed: bool = False
    user_invitations: bool = False
    files_per_message: int | None = None
    """None if the server does not say."""
    link_previews: bool = False


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """A part of a list. `next` is the cursor of the next page, None on the last."""

    items: list[Item]
    next: str | None = None


MESSAGE_KINDS = frozenset({"message", "edit", "delete", "reaction"})


class LogEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the user's log; `kind` says what `data` is.

    A kind that this client does not know counts in the log like any other.
    """

    kind: str
    position: int
    previous: int
    data: msgspec.Raw

    def message(self) -> Message | None:
        """The new or changed message, as it is now; None for other kinds."""
        return msgspec.json.decode(self.data, type=Message) if self.kind in MESSAGE_KINDS else None

    def receipt(self) -> Receipt | None:
        """The marks that moved; None for other kinds."""
        return msgspec.json.decode(self.data, type=Receipt) if self.kind == "receipt" else None

    def conversation(self) -> ConversationChange | None:
        """The conversation to fetch again; None for other kinds."""
        if self.kind != "conversation":
            return None
        return msgspec.json.decode(self.data, type=ConversationChange)

    def profile(self) -> ProfileChange | None:
        """The user to fetch again; None for other kinds."""
        return (
            msgspec.json.decode(self.data, type=ProfileChange) if self.kind == "profile" else None
        )


def direct_conversation_id(user_id: str, other_id: str) -> str:
    """The id of the conversation of two users, the same for both; it needs no creation step."""
    low, high = sorted((user_id, other_id))
    digest = hashlib.sha256(f"direct:{low}:{high}".encode()).digest()[:16]
    # Version 8 of RFC 9562, section 5.8: a vendor-specific hash.
    number = int.from_bytes(digest) & ~(0xF << 76) & ~(0x3 << 62) | 0x8 << 76 | 0x2 << 62
    return str(uuid.UUID(int=number))
