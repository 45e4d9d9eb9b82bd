"""The frames a native client receives on `/v1/ws`, the replies to it, and the close codes."""

from enum import Enum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from backchannel.delivery.connection_manager import HEARTBEAT
from backchannel.dialects.native.bodies import Id, MaybeTime, MessageBody, Seq, Time
from backchannel.dialects.native.event_bodies import EventBody
from backchannel.dialects.native.wire import message_body
from backchannel.domain.errors import ChatError
from backchannel.domain.events import LogHead
from backchannel.domain.messages import Message
from backchannel.domain.times import iso
from backchannel.http.errors import title_of
from backchannel.ports.storage.values import Stored

Position = Annotated[int, Meta(description="Number in your log of events", examples=[1207])]
Previous = Annotated[int, Meta(description="The position before it", examples=[1206])]
Epoch = Annotated[
    str,
    Meta(description="Changes when the server is restored from a backup", examples=["8Jx2mQ"]),
]
Ref = Annotated[str, Meta(description="The `ref` of your request", examples=["r1"])]
ClientId = Annotated[
    str, Meta(description="The `client_id` of your message", examples=["k7f2-0001"])
]


class CloseCode(Enum):
    """A close code, its reason, and whether reconnecting makes sense."""

    LOGGED_OUT = (4001, "logged out", False)
    TOKEN_EXPIRED = (4002, "token expired; refresh it and reconnect", True)
    UNAUTHENTICATED = (4003, "not logged in; get a new token", False)
    HELLO_TIMEOUT = (4004, "no hello in time", True)

    def __init__(self, code: int, reason: str, reconnect: bool) -> None:  # noqa: FBT001
        self.code = code
        self.reason = reason
        self.reconnect = reconnect


STANDARD = {
    1000: ("closed by request", False),
    1001: ("going away", True),
    1002: ("protocol error (RFC 6455)", False),
    1003: ("unsupported data", False),
    1006: ("connection lost", True),
    1007: ("text that is not UTF-8", False),
    1009: ("message too big; see limits.frame_size", False),
    1011: ("internal error", True),
    1012: ("the server restarts; reconnect after the time named in the reason", True),
    1013: ("overloaded; reconnect later", True),
}
"""The registered codes (RFC 6455, section 7.4.1, and the IANA registry) as used here."""


class _Frame(msgspec.Struct, kw_only=True, tag_field="type", gc=False):
    """A frame from the server to the client."""


class Welcome(_Frame, tag="welcome"):
    """The login is accepted. One `sync` frame or more follow; after the last, events are live."""

    user_id: Id
    username: Annotated[str, Meta(examples=["ada"])]
    epoch: Epoch
    position: Position
    heartbeat: Annotated[int, Meta(description="Seconds between two heartbeats", examples=[25])]


class Sync(_Frame, tag="sync"):
    """Events that the device has missed, up to `position`; empty if it has missed none."""

    events: list[EventBody]
    position: Position
    more: Annotated[
        bool,
        Meta(description="False on the last page: from now on, events are live", examples=[False]),
    ]


class Reset(_Frame, tag="reset"):
    """The device cannot go on from its position: fetch everything, then continue from this one."""

    reason: Annotated[
        str,
        Meta(
            description="`epoch_changed`, `unknown_position`, `too_old` or `too_many`",
            examples=["too_old"],
        ),
    ]
    epoch: Epoch
    position: Position


class Ack(_Frame, tag="ack"):
    """Your message is on disk."""

    client_id: ClientId
    id: Id
    conversation_id: Id
    seq: Seq
    created_at: Time
    position: Annotated[
        int | None,
        Meta(description="Of its event in your log, null if repeated", examples=[1207]),
    ]
    previous: Annotated[int | None, Meta(description="Null if repeated", examples=[1206])]
    repeated: Annotated[
        bool, Meta(description="The `client_id` was known already", examples=[False])
    ]
    ref: Ref | UnsetType = UNSET


class Done(_Frame, tag="done"):
    """Your request was carried out. `data` is a changed message as it is now."""

    ref: Annotated[
        str | None, Meta(description="The `ref` of your request, if it had one", examples=["r1"])
    ]
    data: MessageBody | None = None


class Error(_Frame, tag="error", omit_defaults=True):
    """Your request was not carried out: the members of an HTTP error, in a frame."""

    title: Annotated[str, Meta(description="The status in words", examples=["Not Found"])]
    status: Annotated[int, Meta(description="The HTTP status", examples=[404])]
    code: Annotated[str, Meta(description="For programs", examples=["not_found"])]
    detail: Annotated[str, Meta(description="For people", examples=["to is not a user"])]
    field: Annotated[str | None, Meta(description="The faulty field", examples=["to"])] = None
    retry_after: Annotated[float | None, Meta(description="Seconds to wait")] = None
    ref: Annotated[str | None, Meta(description="The `ref` of your request")] = None
    client_id: Annotated[
        str | None,
        Meta(description="The `client_id` of your message", examples=["k7f2-0001"]),
    ] = None


class Heartbeat(_Frame, tag="heartbeat"):
    """The end of your log: if your position is lower, something was lost on the way."""

    position: Position


class Pong(_Frame, tag="pong"):
    """The answer to `ping`."""

    position: Position
    ref: Ref | UnsetType = UNSET


class Lagging(_Frame, tag="lagging"):
    """Too many events are unacknowledged: nothing more is sent until you `sync`."""

    position: Position


class Typing(_Frame, tag="typing"):
    """The other user is typing. Forget it after six seconds."""

    conversation_id: Id
    user_id: Id
    active: Annotated[bool, Meta(description="False: the user has stopped typing")]


class Presence(_Frame, tag="presence"):
    """A user you watch has come online or gone offline."""

    user_id: Id
    online: bool
    last_seen_at: MaybeTime


class Partial(_Frame, tag="partial"):
    """A growing answer: `body` is all of it so far. The whole answer comes as a message."""

    conversation_id: Id
    question_seq: Annotated[int, Meta(description="The `seq` of the question", examples=[42])]
    body: Annotated[str, Meta(examples=["It will rain tomorr"])]


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


def welcome(user_id: str, username: str, head: LogHead) -> bytes:
    return encode(
        Welcome(
            user_id=user_id,
            username=username,
            epoch=head.epoch,
            position=head.position,
            heartbeat=HEARTBEAT,
        )
    )


def ack(stored: Stored, ref: str | None = None) -> bytes:
    message = stored.message
    # The sender's own entry comes first; a repetition has none.
    position = stored.events[0].position if stored.events else None
    return encode(
        Ack(
            client_id=message.client_id,
            id=message.id,
            conversation_id=message.conversation_id,
            seq=message.seq,
            created_at=iso(message.created_at),
            position=position,
            previous=None if position is None else position - 1,
            repeated=stored.repeated,
            ref=UNSET if ref is None else ref,
        )
    )


def error(refusal: ChatError, *, ref: str | None = None, client_id: str | None = None) -> bytes:
    return encode(
        Error(
            title=title_of(refusal.status),
            status=refusal.status,
            code=refusal.code,
            detail=refusal.text,
            field=refusal.field,
            retry_after=refusal.retry_after,
            ref=ref,
            client_id=client_id,
        )
    )


def done(ref: str | None, message: Message | None = None, *, viewer_id: str = "") -> bytes:
    data = None if message is None else message_body(message, viewer_id)
    return encode(Done(ref=ref, data=data))


def pong(position: int, ref: str | None = None) -> bytes:
    return encode(Pong(position=position, ref=UNSET if ref is None else ref))
