"""Signals: news without a position that lives six seconds and may be dropped."""

import msgspec


class Typing(msgspec.Struct, frozen=True):
    """`user_id` is writing in the conversation, or has stopped."""

    conversation_id: str
    user_id: str
    active: bool


class Presence(msgspec.Struct, frozen=True):
    """`user_id` has a device connected, or when the last one left (milliseconds since 1970)."""

    user_id: str
    online: bool
    last_seen_at: int | None = None


class Acquaintance(msgspec.Struct, frozen=True):
    """A block was set or lifted: `user_id`'s presence is hidden or visible. Not sent to devices."""

    user_id: str
    visible: bool


class Hiding(msgspec.Struct, frozen=True):
    """The user hides presence from now on. Not sent to devices."""


class Partial(msgspec.Struct, frozen=True):
    """An answer that is growing, in a session: `text` is all of it so far, not what is new.

    The whole answer follows as a message, the reply to the question at `question_seq`.
    """

    conversation_id: str
    question_seq: int
    text: str


class Signal(msgspec.Struct, frozen=True):
    """News for the devices of `user_id`; for presence, for the devices that watch this user."""

    user_id: str
    content: Typing | Presence | Acquaintance | Hiding | Partial
