"""The JSON of this dialect: the frames of `/chat`, and the bodies of its REST routes."""

from typing import Annotated

import msgspec
from msgspec import Meta

from backchannel.dialects.shared.messages import ClientId, SenderClaim
from backchannel.domain.conversations import ConversationView
from backchannel.domain.errors import ChatError, Forbidden, Invalid, NotFound
from backchannel.domain.events import EventPayload
from backchannel.domain.messages import Message
from backchannel.domain.times import iso
from backchannel.domain.users import User
from backchannel.http.validation import decode as decode_json

ENCODING = "chat_socket"
"""The name under which an event keeps its frame."""

MALFORMED = "Invalid message format"
NOT_ALLOWED = "Conversation not found or user not authorized"
FAILED = "Error handling message"


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
    """A message as its two members see it."""

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


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Sending)


def decode(payload: bytes) -> Sending:
    """A client's frame. Raises `Invalid`."""
    sending = decode_json(payload, _decoder)
    if (sending.conversation_id is None) is (sending.receiver is None):
        raise Invalid("give either conversationId or receiver", field="conversationId")
    return sending


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
    """The frame in which a message reaches its two members."""
    return _encoder.encode(message_body(message))


def delivered_once(payload: EventPayload, message: Message) -> bytes:
    """Like `delivered`, encoded once and shared by all sockets."""
    frame = payload.encoded.get(ENCODING)
    if frame is None:
        frame = payload.encoded[ENCODING] = delivered(message)
    return frame


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


Time = Annotated[str, Meta(examples=["2026-05-04T10:51:23.000Z"])]


class NewConversation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The user to talk to. Both users get the same conversation, whichever of them asks for it."""

    receiver: Annotated[str, Meta(description="A user's id or username", examples=["grace"])]


class OtherUser(msgspec.Struct, frozen=True):
    user_id: Id
    username: Annotated[str, Meta(examples=["grace"])]


class ConversationBody(msgspec.Struct, frozen=True):
    """A conversation with `user`; `conversation_id` is the frames' `conversationId`."""

    conversation_id: Id
    user: OtherUser
    unread: Annotated[int, Meta(examples=[2])]
    created_at: Time
    updated_at: Time
    last_message: MessageBody | None


class ConversationPage(msgspec.Struct, frozen=True):
    """Newest activity first. `next` is the `before` of the next page, null on the last one."""

    conversations: list[ConversationBody]
    next: Id | None


class MessagePage(msgspec.Struct, frozen=True):
    """Oldest first. The first one's `message_id` is the `before` of the page ahead of it."""

    conversation_id: Id
    messages: list[MessageBody]


def conversation_body(view: ConversationView, other: User) -> ConversationBody:
    """A direct conversation as its member sees it."""
    last = view.last_message
    return ConversationBody(
        conversation_id=view.id,
        user=OtherUser(other.id, other.username),
        unread=view.unread,
        created_at=iso(view.created_at),
        updated_at=iso(view.updated_at),
        last_message=None if last is None or last.deleted_at else message_body(last),
    )
