"""The message object of this dialect, and the files in it."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from backchannel.domain.conversations import ConversationView, Marks
from backchannel.domain.files import Attachment, attachments, attachments_of
from backchannel.domain.messages import Message
from backchannel.domain.times import iso

Id = Annotated[str, Meta(examples=["01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"])]
Time = Annotated[str, Meta(examples=["2026-05-04T10:51:23.000Z"])]
Status = Literal["sent", "delivered", "read"]

FILES = "/v1/files/"
"""The path of files, which only users who may read the message can download."""


class FileBody(msgspec.Struct, frozen=True, gc=False):
    """A file; it is complete before any client receives it."""

    file_id: Id
    message_id: Id | UnsetType
    file_url: Annotated[str, Meta(examples=["/v1/files/01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"])]
    file_name: Annotated[str, Meta(examples=["harbour.jpg"])]
    file_type: Annotated[str, Meta(examples=["image/jpeg"])]
    file_size: Annotated[int, Meta(examples=[48_213], description="Bytes")]
    upload_status: Literal["completed"] = "completed"


class MessageBody(msgspec.Struct, frozen=True, gc=False):
    """A message as its two members see it. `status`: sent, delivered to its receiver, or read."""

    message_id: Id
    sender_id: Id
    receiver_id: Id
    content: Annotated[str, Meta(examples=["Half past eight?"])]
    status: Status
    sequence_number: Annotated[int, Meta(examples=[12])]
    created_at: Time = msgspec.field(name="createdAt")
    updated_at: Time = msgspec.field(name="updatedAt")
    media: list[FileBody]


def message_body(message: Message, status: Status = "sent") -> MessageBody:
    return MessageBody(
        message_id=message.id,
        sender_id=message.sender_id,
        receiver_id=message.recipient_id,
        content=message.body,
        status=status,
        sequence_number=message.seq,
        created_at=iso(message.created_at),
        updated_at=iso(message.edited_at or message.created_at),
        media=file_bodies(message),
    )


def seen_by(reader_id: str, message: Message, view: ConversationView | None) -> MessageBody:
    """A message as a member sees it; `view` is the conversation as the same member sees it."""
    if view is None:
        return message_body(message)
    marks = view.theirs if message.sender_id == reader_id else view.mine
    return message_body(message, _status(message.seq, marks))


def file_bodies(message: Message) -> list[FileBody]:
    """The files that a message names."""
    return [_file_body(each, message.id) for each in attachments_of(message)]


def accepted_file(files: str) -> FileBody:
    """The one file of a message that is in the queue, and has no id yet."""
    (attachment,) = attachments(files)
    return _file_body(attachment, UNSET)


def _file_body(attachment: Attachment, message_id: str | UnsetType) -> FileBody:
    return FileBody(
        file_id=attachment.id,
        message_id=message_id,
        file_url=FILES + attachment.id,
        file_name=attachment.name,
        file_type=attachment.type,
        file_size=attachment.size,
    )


def _status(seq: int, marks: Marks) -> Status:
    if seq <= marks.read_seq:
        return "read"
    return "delivered" if seq <= marks.delivered_seq else "sent"
