"""The frames of `/v1/ws` (`docs/protocol.md`)."""

import msgspec

from backchannel_client.wire import LogEvent, Message


class _Frame(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """A frame from the server."""


class Welcome(_Frame, frozen=True, tag="welcome"):
    """The login is accepted. `heartbeat` is in seconds."""

    user_id: str
    username: str
    epoch: str
    position: int
    heartbeat: float


class Event(LogEvent, frozen=True, kw_only=True, tag_field="type", tag="event"):
    """An entry of the log as it happens."""


class Sync(_Frame, frozen=True, tag="sync"):
    """Entries that the device has missed; `more` pages follow."""

    events: list[LogEvent]
    position: int
    more: bool


class Reset(_Frame, frozen=True, tag="reset"):
    """The device's position is no longer valid: fetch the state, then continue from this one."""

    reason: str
    epoch: str
    position: int


class Ack(_Frame, frozen=True, tag="ack"):
    """A message is on the server's disk. A repeated one has no position: its event is older."""

    client_id: str
    id: str
    conversation_id: str
    seq: int
    created_at: str
    position: int | None
    previous: int | None
    repeated: bool


class Done(_Frame, frozen=True, tag="done"):
    """A request was carried out."""

    ref: str | None = None
    data: Message | None = None


class Refusal(_Frame, frozen=True, tag="error"):
    """A request was not carried out. `retry_after` is in seconds."""

    title: str
    status: int
    code: str
    detail: str
    field: str | None = None
    retry_after: float | None = None
    ref: str | None = None
    client_id: str | None = None


class Heartbeat(_Frame, frozen=True, tag="heartbeat"):
    """The position of the log's end."""

    position: int


class Pong(_Frame, frozen=True, tag="pong"):
    """The position of the log's end: the answer to `ping`."""

    position: int


class Lagging(_Frame, frozen=True, tag="lagging"):
    """Too much is unacknowledged: nothing more is pushed until the device sends `sync`."""

    position: int


class Typing(_Frame, frozen=True, tag="typing"):
    """The other user is typing, or has stopped. Forget it after six seconds."""

    conversation_id: str
    user_id: str
    active: bool


class Presence(_Frame, frozen=True, tag="presence"):
    """A watched user has come online or gone offline."""

    user_id: str
    online: bool
    last_seen_at: str | None


class Partial(_Frame, frozen=True, tag="partial"):
    """An answer that is growing in a session: all of it so far."""

    conversation_id: str
    question_seq: int
    body: str


ServerFrame = (
    Welcome
    | Event
    | Sync
    | Reset
    | Ack
    | Done
    | Refusal
    | Heartbeat
    | Pong
    | Lagging
    | Typing
    | Presence
    | Partial
)


class _Request(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag=str.lower
):
    """A frame to the server."""


class Hello(_Request, frozen=True):
    token: str
    epoch: str | None = None
    position: int | None = None


class Send(_Request, frozen=True):
    client_id: str
    body: str
    to: str | None = None
    conversation_id: str | None = None
    reply_to: int | None = None
    files: list[str] = []


class Acknowledge(_Request, frozen=True, tag="ack"):
    position: int


class RequestSync(_Request, frozen=True, tag="sync"):
    position: int
    epoch: str


class MarkRead(_Request, frozen=True, tag="read"):
    conversation_id: str
    seq: int


class SetTyping(_Request, frozen=True, tag="typing"):
    conversation_id: str
    active: bool


class StopAnswer(_Request, frozen=True, tag="stop"):
    conversation_id: str


class Watch(_Request, frozen=True):
    user_ids: list[str]


class Renew(_Request, frozen=True):
    token: str


class Ping(_Request, frozen=True):
    """Ask for the position of the log's head."""


ClientFrame = (
    Hello
    | Send
    | Acknowledge
    | RequestSync
    | MarkRead
    | SetTyping
    | StopAnswer
    | Watch
    | Renew
    | Ping
)

_decoder: msgspec.json.Decoder[ServerFrame] = msgspec.json.Decoder(ServerFrame)
_encoder = msgspec.json.Encoder()


def decode(text: str | bytes) -> ServerFrame | None:
    """The frame; None for an unknown one. If that was an event, the gap reveals it."""
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError:
        return None


def encode(frame: ClientFrame) -> str:
    """The frame as text."""
    return _encoder.encode(frame).decode()
