"""The frames a native client sends on `/v1/ws`; unknown fields are refused (rule S12)."""

import msgspec

from backchannel.domain.errors import Invalid


class _Frame(msgspec.Struct, forbid_unknown_fields=True, tag_field="type", gc=False):
    """`ref` is the client's own name for the request; replies carry it."""


class Hello(_Frame, tag="hello"):
    """Log in, and say how far this device has got."""

    token: str
    epoch: str | None = None
    position: int | None = None


class Send(_Frame, tag="send"):
    """Say something to a user (`to`), or in a conversation; `files` are ids of one's own."""

    client_id: str
    body: str
    to: str | None = None
    conversation_id: str | None = None
    reply_to: int | None = None
    files: list[str] = []


class Edit(_Frame, tag="edit"):
    conversation_id: str
    seq: int
    body: str
    ref: str | None = None


class Delete(_Frame, tag="delete"):
    conversation_id: str
    seq: int
    ref: str | None = None


class React(_Frame, tag="react"):
    conversation_id: str
    seq: int
    emoji: str
    active: bool = True
    ref: str | None = None


class Read(_Frame, tag="read"):
    """Everything up to `seq` has been read."""

    conversation_id: str
    seq: int
    ref: str | None = None


class Confirm(_Frame, tag="ack"):
    """The device holds everything up to `position`, durably."""

    position: int


class SyncRequest(_Frame, tag="sync"):
    """Ask for everything past `position`."""

    position: int
    epoch: str | None = None


class TypingNotice(_Frame, tag="typing"):
    conversation_id: str
    active: bool = True


class Stop(_Frame, tag="stop"):
    """Cut short the answer that is being given in a session; what there is of it stands."""

    conversation_id: str
    ref: str | None = None


class Watch(_Frame, tag="watch"):
    """Be told of these users' presence from now on, and of no others'."""

    user_ids: list[str]
    ref: str | None = None


class Renew(_Frame, tag="renew"):
    """Stay connected with a newer token of the same login (rule S5)."""

    token: str
    ref: str | None = None


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
    """Raises `Invalid`, naming the place at fault."""
    try:
        frame: ClientFrame = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"not a frame of this protocol: {error}") from None
    return frame


class _Named(msgspec.Struct):
    ref: str | None = None
    client_id: str | None = None


_named_decoder = msgspec.json.Decoder(_Named)


def name_of(payload: bytes) -> tuple[str | None, str | None]:
    """The `ref` and `client_id` of a frame that could not be accepted, as far as legible."""
    try:
        named = _named_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None, None
    return named.ref, named.client_id
