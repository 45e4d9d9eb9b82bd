"""Signals to devices and notices to nodes: sent at once and never stored; each may be lost.

A signal has no position and lives six seconds.
"""

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


class Visibility(msgspec.Struct, frozen=True):
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


class SocketCount(msgspec.Struct, frozen=True):
    """The number of sockets that `user_id` has at one node. Not sent to devices."""

    node_id: str
    sockets: int


class PresenceQuery(msgspec.Struct, frozen=True):
    """Asks every other node for its `SocketCount` of the user. Not sent to devices."""

    node_id: str


class Rejected(msgspec.Struct, frozen=True):
    """A message of the user that the queue had accepted cannot be stored."""

    client_id: str
    code: str
    status: int
    text: str


class Signal(msgspec.Struct, frozen=True):
    """News for the devices of `user_id`; for presence, for the devices that watch this user."""

    user_id: str
    content: (
        Typing | Presence | Visibility | Hiding | Partial | SocketCount | PresenceQuery | Rejected
    )


class Alive(msgspec.Struct, frozen=True, tag="alive", array_like=True):
    """The sender is running. With `fresh` it has just started, and others announce themselves."""

    fresh: bool = False


class Leaving(msgspec.Struct, frozen=True, tag="leaving", array_like=True):
    """The sender is about to end."""


class LoginsEnded(msgspec.Struct, frozen=True, tag="ended", array_like=True):
    """These logins have ended (rule S1)."""

    login_ids: tuple[str, ...]


class EventsLost(msgspec.Struct, frozen=True, tag="lost", array_like=True):
    """The sender could not publish everything: the missing events are in the logs."""


class Attempted(msgspec.Struct, frozen=True, tag="attempted", array_like=True):
    """One attempt was counted against each of these keys of the throttle (rule S9)."""

    keys: tuple[str, ...]


class Refunded(msgspec.Struct, frozen=True, tag="refunded", array_like=True):
    """One attempt of each of these keys was given back."""

    keys: tuple[str, ...]


class ThrottlesReset(msgspec.Struct, frozen=True, tag="reset", array_like=True):
    """All attempts of these keys were forgotten."""

    keys: tuple[str, ...]


class AnswerStopped(msgspec.Struct, frozen=True, tag="stopped", array_like=True):
    """The answer that grows in this session is to be ended as it is."""

    conversation_id: str


class WhoAnswers(msgspec.Struct, frozen=True, tag="who_answers", array_like=True):
    """Asks which of these questions the other nodes are answering."""

    message_ids: tuple[str, ...]


class Answering(msgspec.Struct, frozen=True, tag="answering", array_like=True):
    """The sender is answering these questions."""

    message_ids: tuple[str, ...]


Notice = (
    Alive
    | Leaving
    | LoginsEnded
    | EventsLost
    | Attempted
    | Refunded
    | ThrottlesReset
    | AnswerStopped
    | WhoAnswers
    | Answering
)
