"""The frames a native client sends on `/v1/ws`; unknown fields are refused (rule S12)."""

from typing import Annotated, get_args

import msgspec
from msgspec import Meta

from backchannel.chat.presence import WATCH_LIMIT
from backchannel.domain.accounts import USERNAME_LIMIT
from backchannel.domain.errors import Invalid
from backchannel.domain.files import FILES_PER_MESSAGE
from backchannel.domain.ids import ID_LIMIT
from backchannel.domain.messages import CLIENT_ID_LIMIT
from backchannel.domain.revisions import EMOJI_LIMIT
from backchannel.http.docs.samples import ID
from backchannel.http.validation import SHOWN, decode_checked, require_few_values
from backchannel.transports.json_values import MOST_VALUES

Id = Annotated[str, Meta(max_length=ID_LIMIT)]
ConversationId = Annotated[
    str, Meta(max_length=ID_LIMIT, description="The id of a conversation", examples=[ID])
]
SessionId = Annotated[
    str, Meta(max_length=ID_LIMIT, description="The id of a session", examples=[ID])
]
Seq = Annotated[int, Meta(description="The message's number in the conversation", examples=[42])]
Name = Annotated[str, Meta(max_length=USERNAME_LIMIT)]
ClientId = Annotated[str, Meta(min_length=1, max_length=CLIENT_ID_LIMIT)]
Ref = Annotated[str, Meta(max_length=CLIENT_ID_LIMIT)]
MaybeRef = Annotated[
    Ref | None,
    Meta(description="Your identifier for this request; its answer repeats it", examples=["r1"]),
]
Emoji = Annotated[
    str, Meta(max_length=EMOJI_LIMIT, description="The emoji itself", examples=["👍"])
]
Token = Annotated[
    str,
    Meta(
        max_length=4_096,
        description="An access token",
        examples=["eyJhbGciOiJIUzI1NiJ9.e30.c2ln"],
    ),
]
Body = Annotated[str, Meta(description="At most 65,536 bytes", examples=["Half past eight?"])]
Epoch = Annotated[
    Id | None, Meta(description="The epoch that `position` belongs to", examples=["8Jx2mQ"])
]


class _Frame(msgspec.Struct, forbid_unknown_fields=True, tag_field="type", gc=False):
    """A request of the client."""


class Hello(_Frame, tag="hello"):
    """Log in, with the position of this device; a new device omits it."""

    token: Token
    epoch: Epoch = None
    position: Annotated[
        int | None, Meta(description="The last event this device has applied", examples=[1206])
    ] = None
    ref: MaybeRef = None


class Send(_Frame, tag="send"):
    """Send a message to a user (`to`) or into a conversation (`conversation_id`)."""

    client_id: Annotated[
        ClientId,
        Meta(
            description="Your identifier for this message: sent again with it, it is stored once",
            examples=["k7f2-0001"],
        ),
    ]
    body: Body
    to: Annotated[Name | None, Meta(description="A user's id or username", examples=["grace"])] = (
        None
    )
    conversation_id: Annotated[Id | None, Meta(description="Instead of `to`")] = None
    reply_to: Annotated[
        int | None, Meta(description="The `seq` of the message that this one replies to")
    ] = None
    files: Annotated[
        list[Id],
        Meta(max_length=FILES_PER_MESSAGE, description="Ids of files you have uploaded"),
    ] = []
    ref: MaybeRef = None


class Edit(_Frame, tag="edit"):
    """Give one of your messages a new text."""

    conversation_id: ConversationId
    seq: Seq
    body: Body
    ref: MaybeRef = None


class Delete(_Frame, tag="delete"):
    """Delete one of your messages; it keeps its `seq`, with an empty body."""

    conversation_id: ConversationId
    seq: Seq
    ref: MaybeRef = None


class React(_Frame, tag="react"):
    """Add a reaction to a message, or remove yours (`active` false)."""

    conversation_id: ConversationId
    seq: Seq
    emoji: Emoji
    active: Annotated[bool, Meta(description="False removes it")] = True
    ref: MaybeRef = None


class Read(_Frame, tag="read"):
    """Mark everything up to `seq` as read."""

    conversation_id: ConversationId
    seq: Seq
    ref: MaybeRef = None


class Acknowledge(_Frame, tag="ack"):
    """Acknowledge that this device has stored everything up to `position`."""

    position: Annotated[int, Meta(description="Of the last event", examples=[1207])]
    ref: MaybeRef = None


class SyncRequest(_Frame, tag="sync"):
    """Request all events after `position`."""

    position: Annotated[int, Meta(description="Of the last event you have", examples=[1206])]
    epoch: Epoch = None
    ref: MaybeRef = None


class TypingNotice(_Frame, tag="typing"):
    """Tell the other user that you are typing, or have stopped; repeat it every 5 seconds."""

    conversation_id: ConversationId
    active: Annotated[bool, Meta(description="False: you have stopped")] = True
    ref: MaybeRef = None


class Stop(_Frame, tag="stop"):
    """Stop the answer that is being given in a session; what has been said so far is kept."""

    conversation_id: SessionId
    ref: MaybeRef = None


class Watch(_Frame, tag="watch"):
    """Receive the presence of these users, instead of those you have watched before."""

    user_ids: Annotated[
        list[Name],
        Meta(
            max_length=WATCH_LIMIT,
            description="Users' ids or usernames",
            examples=[["grace"]],
        ),
    ]
    ref: MaybeRef = None


class Renew(_Frame, tag="renew"):
    """Stay connected with a newer token of the same login (rule S5)."""

    token: Token
    ref: MaybeRef = None


class Ping(_Frame, tag="ping"):
    """Ask for the position of your log."""

    ref: MaybeRef = None


ClientFrame = (
    Hello
    | Send
    | Edit
    | Delete
    | React
    | Read
    | Acknowledge
    | SyncRequest
    | TypingNotice
    | Stop
    | Watch
    | Renew
    | Ping
)

_decoder = msgspec.json.Decoder(ClientFrame)
_decoders = {
    str(kind.__struct_config__.tag): msgspec.json.Decoder(kind) for kind in get_args(ClientFrame)
}


class _Typed(msgspec.Struct):
    type: str


_typed_decoder = msgspec.json.Decoder(_Typed)


def decode(payload: bytes) -> ClientFrame:
    """A client's frame. Raises `Invalid`, naming the field at fault and the known ones."""
    if len(payload) > MOST_VALUES:  # otherwise it has fewer, as nearly all frames do
        require_few_values(payload, what="frame")
    try:
        frame: ClientFrame = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        kind = decode_checked(payload, _typed_decoder, what="frame").type
        decoder = _decoders.get(kind)
        if decoder is None:
            known = ", ".join(_decoders)
            text = f"unknown type {kind[:SHOWN]!r}; known are: {known}"
            raise Invalid(text, field="type") from None
        frame = decode_checked(payload, decoder, what=kind)
    return frame


class _Named(msgspec.Struct):
    ref: Ref | None = None
    client_id: ClientId | None = None


_named_decoder = msgspec.json.Decoder(_Named)


def name_of(payload: bytes) -> tuple[str | None, str | None]:
    """The `ref` and `client_id` of a frame that could not be accepted, if readable."""
    try:
        named = _named_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, None
    return named.ref, named.client_id
