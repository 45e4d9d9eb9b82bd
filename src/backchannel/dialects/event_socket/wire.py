"""The JSON of this dialect: the frames of `/websocket`, and the bodies of its REST routes."""

from typing import Annotated

import msgspec
from msgspec import Meta

from backchannel.dialects.shared import messages
from backchannel.dialects.shared.messages import ClientId, SenderClaim
from backchannel.domain.errors import ChatError, Invalid
from backchannel.domain.messages import Message
from backchannel.domain.times import iso
from backchannel.domain.users import Login, User
from backchannel.http.validation import decode as decode_json
from backchannel.http.validation import decode_checked

EVENT = "message"
"""The one event of this socket; clients may wrap their messages in it."""


class Sending(SenderClaim, kw_only=True, gc=False):
    """A message to send to a receiver (id or username).

    Unknown fields are ignored: they have no effect.
    """

    receiver: str
    content: str
    client_id: ClientId | None = msgspec.field(name="clientId", default=None)


class _Envelope(msgspec.Struct, gc=False):
    event: str | None = None
    data: msgspec.Raw = msgspec.Raw()


class MessageBody(msgspec.Struct, frozen=True, gc=False):
    """A message as its two members see it, who are named by their usernames."""

    sender: Annotated[str, Meta(examples=["ada"])]
    receiver: Annotated[str, Meta(examples=["grace"])]
    content: Annotated[str, Meta(examples=["Half past eight?"])]
    timestamp: Annotated[str, Meta(examples=["2026-05-04T10:51:23.000Z"])]
    id: Annotated[str, Meta(examples=["01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"])]


class _Error(msgspec.Struct, frozen=True, omit_defaults=True):
    error: str
    message: str
    code: str
    field: str | None = None
    retry_after: float | None = None
    client_id: str | None = msgspec.field(name="clientId", default=None)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Sending)
_envelope_decoder = msgspec.json.Decoder(_Envelope)


def unwrapped(payload: bytes) -> tuple[bytes, bool]:
    """The content of a client's frame, and True if it came in an envelope. Raises `Invalid`."""
    envelope = decode_json(payload, _envelope_decoder)
    body = bytes(envelope.data)
    if not body:
        return payload, False
    if envelope.event != EVENT:
        raise Invalid(f"event must be {EVENT!r}", field="event")
    return body, True


def decode(payload: bytes) -> Sending:
    """A client's frame without its envelope. Raises `Invalid`."""
    return decode_checked(payload, _decoder)


def client_id_of(payload: bytes) -> str | None:
    """The `clientId` of a frame that could not be accepted, if readable."""
    try:
        envelope = _envelope_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return messages.client_id_of(bytes(envelope.data) or payload)


def message_body(message: Message, sender: str, receiver: str) -> MessageBody:
    """A message between two users, given their usernames."""
    return MessageBody(
        sender=sender,
        receiver=receiver,
        content=message.body,
        timestamp=iso(message.created_at),
        id=message.id,
    )


def delivered(message: Message, sender: str, receiver: str) -> bytes:
    """The frame in which a message reaches its two members."""
    return _encoder.encode(message_body(message, sender, receiver))


def refused(refusal: ChatError, client_id: str | None = None) -> bytes:
    """An error frame; the socket stays open."""
    return _encoder.encode(
        _Error(
            error=refusal.text,
            message=refusal.text,
            code=refusal.code,
            field=refusal.field,
            retry_after=refusal.retry_after,
            client_id=client_id,
        )
    )


def in_envelope(frame: bytes, event: str = EVENT) -> bytes:
    """A frame for a client that sends envelopes itself."""
    return b'{"event":"%b","data":%b}' % (event.encode(), frame)


Id = Annotated[str, Meta(examples=["01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"])]
Time = Annotated[str, Meta(examples=["2026-05-04T10:51:23.000Z"])]


class UserBody(msgspec.Struct, frozen=True):
    """A user's public profile; frames may use either name."""

    id: Id
    username: Annotated[str, Meta(examples=["grace"])]
    created_at: Time


class UserPage(msgspec.Struct, frozen=True):
    """By username. The last one's `username` is the `after` of the next page."""

    users: list[UserBody]


class MessagePage(msgspec.Struct, frozen=True):
    """Oldest first. The first one's `id` is the `before` of the page ahead of it."""

    messages: list[MessageBody]


class SessionBody(msgspec.Struct, frozen=True):
    """A login; `current` marks the one that makes the request."""

    id: Id
    agent: Annotated[str, Meta(examples=["Firefox on Linux"])]
    address: Annotated[str, Meta(examples=["203.0.113.7"])]
    created_at: Time
    last_used_at: Time
    current: bool


class SessionList(msgspec.Struct, frozen=True):
    """Newest first."""

    sessions: list[SessionBody]


class Ended(msgspec.Struct, frozen=True):
    message: Annotated[str, Meta(examples=["Session ended"])]


def user_body(user: User) -> UserBody:
    return UserBody(user.id, user.username, iso(user.created_at))


def session_body(login: Login, current_id: str) -> SessionBody:
    return SessionBody(
        id=login.id,
        agent=login.agent,
        address=login.address,
        created_at=iso(login.created_at),
        last_used_at=iso(login.last_used_at),
        current=login.id == current_id,
    )
