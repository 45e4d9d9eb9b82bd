"""The JSON of this dialect, pure: users, sessions and messages as the document has them."""

from typing import Annotated

import msgspec
from msgspec import Meta

from backchannel.domain.conversations import ConversationView
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message
from backchannel.domain.times import iso
from backchannel.domain.users import User

Id = Annotated[str, Meta(examples=["01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"])]
SessionId = Annotated[str, Meta(examples=["session-uuid"])]
Time = Annotated[str, Meta(examples=["2026-05-04T10:51:23.000Z"])]
Text = Annotated[str, Meta(examples=["Hello, server!"])]


class UserBody(msgspec.Struct, frozen=True, rename="camel"):
    id: Id
    username: Annotated[str, Meta(examples=["johndoe"])]
    email: Annotated[str | None, Meta(examples=["john@example.com"])]
    created_at: Time
    updated_at: Time


class SessionBody(msgspec.Struct, frozen=True, rename="camel"):
    """A user's conversation with the server; an empty one's last message was its making."""

    id: SessionId
    user_id: Id
    name: Annotated[str, Meta(examples=["New session"])]
    created_at: Time
    last_message_at: Time


class MessageBody(msgspec.Struct, frozen=True, rename="camel"):
    """A message of a session; `sender` is `user` or `server`."""

    id: Id
    session_id: SessionId
    content: Text
    sender: Annotated[str, Meta(examples=["server"])]
    timestamp: Time


class Echoed(msgspec.Struct, frozen=True, rename="camel"):
    """The event `message`: what the server has said."""

    session_id: SessionId
    content: Text
    timestamp: Time
    message_id: Id


def user_body(user: User) -> UserBody:
    return UserBody(user.id, user.username, user.email, iso(user.created_at), iso(user.updated_at))


def session_body(view: ConversationView, user_id: str) -> SessionBody:
    """A session of this user's; the `id` is the name that its client addresses it by."""
    last = view.last_message
    return SessionBody(
        id=view.key or view.id,
        user_id=user_id,
        name=view.name or "",
        created_at=iso(view.created_at),
        last_message_at=iso(last.created_at if last else view.created_at),
    )


def message_body(message: Message, session_id: str) -> MessageBody:
    return MessageBody(
        id=message.id,
        session_id=session_id,
        content=message.body,
        sender="server" if message.sender_id == RESPONDER_ID else "user",
        timestamp=iso(message.created_at),
    )


def echoed(message: Message, session_id: str) -> Echoed:
    return Echoed(session_id, message.body, iso(message.created_at), message.id)
