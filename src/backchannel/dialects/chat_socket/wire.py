"""The frames of `/chat`, from and to clients."""

from typing import Annotated

import msgspec
from msgspec import Meta

from backchannel.dialects.shared.sender import SenderClaim
from backchannel.dialects.shared.validation import decode as decode_json
from backchannel.domain.errors import ChatError, Forbidden, Invalid, NotFound
from backchannel.domain.events import Fact
from backchannel.domain.messages import CLIENT_ID_LIMIT, Message
from backchannel.domain.times import iso

ENCODING = "chat_socket"
"""The name under which a fact keeps its frame."""

MALFORMED = "Invalid message format"
NOT_ALLOWED = "Conversation not found or user not authorized"
FAILED = "Error handling message"


ClientId = Annotated[str, Meta(min_length=1, max_length=CLIENT_ID_LIMIT)]


class Sending(SenderClaim, kw_only=True, gc=False):
    """A message to send, to a conversation or to a receiver (id or username).

    Unknown fields are ignored: they have no effect.
    """

    content: str
    conversation_id: str | None = msgspec.field(name="conversationId", default=None)
    receiver: str | None = None
    client_id: ClientId | None = msgspec.field(name="clientId", default=None)


Id = Annotated[str, Meta(examples=["01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"])]


class MessageBody(msgspec.Struct, frozen=True, gc=False):
    """A message as its two parties see it."""

    message_id: Id
    conversation_id: Id
    sender_id: Id
    content: Annotated[str, Meta(examples=["Half past eight?"])]
    timestamp: Annotated[str, Meta(examples=["2026-05-04T10:51:23.000Z"])]


class _Error(msgspec.Struct, frozen=True, omit_defaults=True):
    """`error` and `message` are the document's words, `code` and `reason` the server's own."""

    error: str
    message: str
    code: str
    reason: str
    retry_after: float | None = None
    client_id: ClientId | None = msgspec.field(name="clientId", default=None)


class _Named(msgspec.Struct):
    client_id: ClientId | None = msgspec.field(name="clientId", default=None)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Sending)
_named_decoder = msgspec.json.Decoder(_Named)


def decode(payload: bytes) -> Sending:
    """A client's frame. Raises `Invalid`."""
    sending = decode_json(payload, _decoder)
    if (sending.conversation_id is None) is (sending.receiver is None):
        raise Invalid("give either conversationId or receiver", field="conversationId")
    return sending


def client_id_of(payload: bytes) -> str | None:
    """The `clientId` of a frame that could not be accepted, as far as legible."""
    try:
        return _named_decoder.decode(payload).client_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def message_body(message: Message) -> MessageBody:
    """A message between two users."""
    return MessageBody(
        message_id=message.id,
        conversation_id=message.conversation_id,
        sender_id=message.sender_id,
        content=message.body,
        timestamp=iso(message.created_at),
    )


def delivered(message: Message) -> bytes:
    """The frame in which a message reaches its two parties."""
    return _encoder.encode(message_body(message))


def delivered_once(fact: Fact, message: Message) -> bytes:
    """Like `delivered`, encoded once and shared by all sockets."""
    frame = fact.encoded.get(ENCODING)
    if frame is None:
        frame = fact.encoded[ENCODING] = delivered(message)
    return frame


def acknowledged(frame: bytes, client_id: str | None) -> bytes:
    """The same frame as its sender gets it: the message is stored."""
    if client_id is None:
        return b'%b,"status":"stored"}' % frame[:-1]
    return b'%b,"status":"stored","clientId":%b}' % (frame[:-1], _encoder.encode(client_id))


def refused(refusal: ChatError, client_id: str | None = None) -> bytes:
    """An error frame; the socket stays open."""
    text = _words(refusal)
    return _encoder.encode(
        _Error(
            error=text,
            message=text,
            code=refusal.code,
            reason=refusal.text,
            retry_after=refusal.retry_after,
            client_id=client_id,
        )
    )


def _words(refusal: ChatError) -> str:
    match refusal:
        case Invalid():
            return MALFORMED
        case NotFound() | Forbidden():
            return NOT_ALLOWED
        case _:
            return FAILED
