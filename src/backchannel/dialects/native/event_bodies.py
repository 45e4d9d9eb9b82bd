"""The native JSON of events: the entries of a user's log, over HTTP and over the socket alike."""

from typing import Annotated

import msgspec
from msgspec import Meta

from backchannel.dialects.native.bodies import ConversationId, MessageBody, Position, UserId


class ReceiptBody(msgspec.Struct, frozen=True):
    """The progress of a member of a conversation."""

    conversation_id: ConversationId
    user_id: UserId
    delivered_seq: Annotated[int, Meta(examples=[42])]
    read_seq: Annotated[int, Meta(examples=[40])]


class ConversationChangeBody(msgspec.Struct, frozen=True):
    """A conversation has changed: fetch it again."""

    conversation_id: ConversationId
    change: Annotated[
        str,
        Meta(
            description="`created`, `renamed`, `deleted`, `blocked`, `unblocked`, `settings`, "
            "`requested`, `accepted` or `declined`",
            examples=["renamed"],
        ),
    ]


class ProfileChangeBody(msgspec.Struct, frozen=True):
    """A user's profile has changed: fetch it again."""

    user_id: UserId


ContentBody = MessageBody | ReceiptBody | ConversationChangeBody | ProfileChangeBody


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """An entry of a user's log; apply it to a state whose position is `previous`."""

    position: Position
    previous: Annotated[int, Meta(description="The position before it", examples=[1206])]


class MessageEvent(_Event, frozen=True, tag="message"):
    data: MessageBody


class EditEvent(_Event, frozen=True, tag="edit"):
    data: MessageBody


class DeleteEvent(_Event, frozen=True, tag="delete"):
    data: MessageBody


class ReactionEvent(_Event, frozen=True, tag="reaction"):
    data: MessageBody


class ReceiptEvent(_Event, frozen=True, tag="receipt"):
    data: ReceiptBody


class ConversationEvent(_Event, frozen=True, tag="conversation"):
    data: ConversationChangeBody


class ProfileEvent(_Event, frozen=True, tag="profile"):
    data: ProfileChangeBody


EventBody = (
    MessageEvent
    | EditEvent
    | DeleteEvent
    | ReactionEvent
    | ReceiptEvent
    | ConversationEvent
    | ProfileEvent
)
"""An entry of a user's log; its `kind` determines the type of `data`."""
