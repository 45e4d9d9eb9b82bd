"""The frames a native client receives on `/v1/ws`."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from backchannel.dialects.native.bodies import EventBody, Id, MaybeTime, MessageBody, Seq, Time

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
