"""The frames a native client sends on `/v1/ws`; unknown fields are refused (rule S12)."""

from typing import Annotated

import msgspec
from msgspec import Meta

from backchannel.chat.presence import WATCH_LIMIT
from backchannel.dialects.shared.validation import decode as decode_json
from backchannel.domain.accounts import USERNAME_LIMIT
from backchannel.domain.files import FILES_PER_MESSAGE
from backchannel.domain.ids import ID_LIMIT
from backchannel.domain.messages import CLIENT_ID_LIMIT
from backchannel.domain.revisions import EMOJI_LIMIT

Id = Annotated[str, Meta(max_length=ID_LIMIT)]
Name = Annotated[str, Meta(max_length=USERNAME_LIMIT)]
ClientId = Annotated[str, Meta(min_length=1, max_length=CLIENT_ID_LIMIT)]
Ref = Annotated[str, Meta(max_length=CLIENT_ID_LIMIT)]
Emoji = Annotated[str, Meta(max_length=EMOJI_LIMIT)]
Token = Annotated[str, Meta(max_length=4_096)]


class _Frame(msgspec.Struct, forbid_unknown_fields=True, tag_field="type", gc=False):
    """`ref` is the client's own name for the request; replies carry it."""


class Hello(_Frame, tag="hello"):
    """Log in, and say how far this device has got."""

    token: Token
    epoch: Id | None = None
    position: int | None = None


class Send(_Frame, tag="send"):
    """Say something to a user (`to`), or in a conversation; `files` are ids of one's own."""

    client_id: ClientId
    body: str
    to: Name | None = None
    conversation_id: Id | None = None
    reply_to: int | None = None
    files: Annotated[list[Id], Meta(max_length=FILES_PER_MESSAGE)] = []


class Edit(_Frame, tag="edit"):
    conversation_id: Id
    seq: int
    body: str
    ref: Ref | None = None


class Delete(_Frame, tag="delete"):
    conversation_id: Id
    seq: int
    ref: Ref | None = None


class React(_Frame, tag="react"):
    conversation_id: Id
    seq: int
    emoji: Emoji
    active: bool = True
    ref: Ref | None = None


class Read(_Frame, tag="read"):
    """Everything up to `seq` has been read."""

    conversation_id: Id
    seq: int
    ref: Ref | None = None


class Confirm(_Frame, tag="ack"):
    """The device holds everything up to `position`, durably."""

    position: int


class SyncRequest(_Frame, tag="sync"):
    """Ask for everything past `position`."""

    position: int
    epoch: Id | None = None


class TypingNotice(_Frame, tag="typing"):
    conversation_id: Id
    active: bool = True


class Stop(_Frame, tag="stop"):
    """Cut short the answer that is being given in a session; what there is of it stands."""

    conversation_id: Id
    ref: Ref | None = None


class Watch(_Frame, tag="watch"):
    """Be told of these users' presence from now on, and of no others'."""

    user_ids: Annotated[list[Id], Meta(max_length=WATCH_LIMIT)]
    ref: Ref | None = None


class Renew(_Frame, tag="renew"):
    """Stay connected with a newer token of the same login (rule S5)."""

    token: Token
    ref: Ref | None = None


class Ping(_Frame, tag="ping"):
    """Ask for the server's position now."""


ClientFrame = (
    Hello
    | Send
    | Edit
    | Delete
    | React
    | Read
    | Confirm
    | SyncRequest
    | TypingNotice
    | Stop
    | Watch
    | Renew
    | Ping
)

_decoder = msgspec.json.Decoder(ClientFrame)


def decode(payload: bytes) -> ClientFrame:
    """A client's frame. Raises `Invalid`, naming the field at fault."""
    frame: ClientFrame = decode_json(payload, _decoder, what="frame")
    return frame


class _Named(msgspec.Struct):
    ref: Ref | None = None
    client_id: ClientId | None = None


_named_decoder = msgspec.json.Decoder(_Named)


def name_of(payload: bytes) -> tuple[str | None, str | None]:
    """The `ref` and `client_id` of a frame that could not be accepted, as far as legible."""
    try:
        named = _named_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, None
    return named.ref, named.client_id
