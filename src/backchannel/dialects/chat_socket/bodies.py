"""The JSON of this dialect's REST routes; its messages are the frames of `/chat`."""

from typing import Annotated

import msgspec
from msgspec import Meta

from backchannel.dialects.chat_socket.wire import MessageBody, message_body
from backchannel.domain.conversations import ConversationView
from backchannel.domain.times import iso
from backchannel.domain.users import User

Id = Annotated[str, Meta(examples=["01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"])]
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
