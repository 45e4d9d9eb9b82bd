"""The frames a native client receives on `/v1/ws`."""

import msgspec

from backchannel.dialects.native.bodies import EventBody, MessageBody


class _Frame(msgspec.Struct, kw_only=True, tag_field="type", gc=False):
    """What the server says."""


class Welcome(_Frame, tag="welcome"):
    """The login is accepted. `heartbeat` is in seconds."""

    user_id: str
    username: str
    epoch: str
    position: int
    heartbeat: int


class Sync(_Frame, tag="sync"):
    """A page of what happened while the device was away, up to `position`."""

    events: list[EventBody]
    position: int
    more: bool


class Reset(_Frame, tag="reset"):
    """The device's position means nothing here: fetch the state afresh, continue from this."""

    reason: str
    epoch: str
    position: int


class Ack(_Frame, tag="ack"):
    """The message is on disk. Of a repetition, `position` and `previous` are null."""

    client_id: str
    id: str
    conversation_id: str
    seq: int
    created_at: str
    position: int | None
    previous: int | None
    repeated: bool


class Done(_Frame, tag="done"):
    """The request named `ref` was carried out; `data` is a changed message as it is now."""

    ref: str | None
    data: MessageBody | None = None


class Error(_Frame, tag="error", omit_defaults=True):
    """The request was not carried out: the members of an HTTP error, in a frame."""

    title: str
    status: int
    code: str
    detail: str
    field: str | None = None
    retry_after: float | None = None
    ref: str | None = None
    client_id: str | None = None


class Heartbeat(_Frame, tag="heartbeat"):
    """How far the user's log goes: a position past one's own shows that something was lost."""

    position: int


class Pong(_Frame, tag="pong"):
    position: int


class Lagging(_Frame, tag="lagging"):
    """Too much waits unacknowledged: nothing more is pushed until the client syncs."""

    position: int


class Typing(_Frame, tag="typing"):
    """Forget it after six seconds."""

    conversation_id: str
    user_id: str
    active: bool


class Presence(_Frame, tag="presence"):
    user_id: str
    online: bool
    last_seen_at: str | None


class Partial(_Frame, tag="partial"):
    """A growing answer: `body` is all of it so far. The whole answer comes as a message."""

    conversation_id: str
    question_seq: int
    body: str


ServerFrame = (
    Welcome
    | Sync
    | Reset
    | Ack
    | Done
    | Error
    | Heartbeat
    | Pong
    | Lagging
    | Typing
    | Presence
    | Partial
)

"""All of them but `event`, which is an `EventBody` with the type beside its kind."""

encode = msgspec.json.Encoder().encode
