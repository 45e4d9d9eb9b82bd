"""The JSON of this dialect: every body is an envelope with a `status`."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response
from msgspec import UNSET, Meta, UnsetType

from backchannel.dialects.queued_messages.messages import FileBody, MessageBody, file_bodies
from backchannel.dialects.queued_messages.spellings import either, required
from backchannel.dialects.shared.docs.texts import checked_text
from backchannel.dialects.shared.errors import answer
from backchannel.dialects.shared.faults import Fault, message_and_error
from backchannel.dialects.shared.sender import SenderClaim
from backchannel.domain.accounts import PASSWORD_LIMIT, PASSWORD_MINIMUM, USERNAME_LIMIT
from backchannel.domain.errors import EmailTaken, UsernameTaken, WrongPassword
from backchannel.domain.messages import CLIENT_ID_LIMIT, Message
from backchannel.domain.times import iso
from backchannel.domain.users import User

ENQUEUED = "Message enqueued for processing"
FILE_ENQUEUED = "File enqueued for processing"
TAKEN = "User already exists"
WRONG = "Invalid credentials"

Success = Literal["success"]
Id = Annotated[str, Meta(examples=["01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"])]
Name = Annotated[str, Meta(examples=["ada"])]
Email = Annotated[str, Meta(examples=["ada@example.org"])]
Password = Annotated[str, Meta(examples=["correct horse battery"])]
NewName = Annotated[str, checked_text(1, USERNAME_LIMIT, example="ada", note=", no @")]
NewPassword = Annotated[
    str, checked_text(PASSWORD_MINIMUM, PASSWORD_LIMIT, example="correct horse battery")
]
Time = Annotated[str, Meta(examples=["2026-05-04T10:51:23.000Z"])]
Token = Annotated[str, Meta(examples=["eyJhbGciOiJIUzI1NiJ9.e30.c2ln"])]
ClientId = Annotated[
    str, Meta(min_length=1, max_length=CLIENT_ID_LIMIT, description="So that it may be repeated")
]


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    username: NewName
    email: Email
    password: NewPassword


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Give the `email` or the `username`."""

    email: Email | None = None
    username: Annotated[str, Meta(description="Instead of `email`")] | None = None
    password: Password


class UserBody(msgspec.Struct, frozen=True, rename="camel"):
    """A user under both of the document's keys; only the user sees the `email`."""

    id: Id
    user_id: Id = msgspec.field(name="user_id")
    username: Name
    created_at: Time
    updated_at: Time
    email: Email | UnsetType = UNSET


class _UserData(msgspec.Struct, frozen=True):
    user: UserBody


class _UsersData(msgspec.Struct, frozen=True):
    users: list[UserBody]


class Registered(msgspec.Struct, frozen=True):
    data: _UserData
    status: Success = "success"


class UserList(msgspec.Struct, frozen=True):
    """By username. The last one's `username` is the `after` of the next page."""

    data: _UsersData
    status: Success = "success"


class _LoginData(msgspec.Struct, frozen=True):
    token: Token
    email: Email
    id: Id


class LoggedIn(msgspec.Struct, frozen=True):
    """The token goes into the header `Authorization` of all that follows."""

    token: Token
    data: _LoginData
    status: Success = "success"


class Sending(SenderClaim, kw_only=True, gc=False):
    """A message to a receiver (id or username). Names of fields may be in camel case, too."""

    receiver_id: Id | None = None
    receiver_id_camel: str | None = msgspec.field(name="receiverId", default=None)
    content: Annotated[str, Meta(examples=["Half past eight?"])]
    client_id: ClientId | None = None
    client_id_camel: ClientId | None = msgspec.field(name="clientId", default=None)

    @property
    def receiver(self) -> str:
        """Raises `Invalid` if it is missing."""
        return required(self.receiver_id, self.receiver_id_camel, "receiver_id")

    @property
    def key(self) -> str | None:
        """The `client_id`, if there is one. Raises `Invalid`."""
        return either(self.client_id, self.client_id_camel, "client_id")


class Enqueued(msgspec.Struct, frozen=True):
    """The message is stored: what was promised for later has happened already."""

    sequence_number: Annotated[int, Meta(examples=[12])]
    message_id: Id
    status: Success = "success"
    message: str = ENQUEUED


class _MessagesData(msgspec.Struct, frozen=True):
    messages: list[MessageBody]


class MessageList(msgspec.Struct, frozen=True):
    data: _MessagesData
    status: Success = "success"


class Enclosing(SenderClaim, kw_only=True, gc=False):
    """The destination of a file: a receiver, or a message to reply to."""

    receiver_id: Id | None = None
    receiver_id_camel: str | None = msgspec.field(name="receiverId", default=None)
    message_id: Id | None = None
    message_id_camel: str | None = msgspec.field(name="messageId", default=None)
    content: str = ""
    client_id: ClientId | None = None
    client_id_camel: ClientId | None = msgspec.field(name="clientId", default=None)

    @property
    def receiver(self) -> str | None:
        """Raises `Invalid`."""
        return either(self.receiver_id, self.receiver_id_camel, "receiver_id")

    @property
    def answered(self) -> str | None:
        """The id of the message that this file is a reply to. Raises `Invalid`."""
        return either(self.message_id, self.message_id_camel, "message_id")

    @property
    def key(self) -> str | None:
        """The `client_id`, if there is one. Raises `Invalid`."""
        return either(self.client_id, self.client_id_camel, "client_id")


class UploadEvent(Enclosing, kw_only=True, gc=False):
    """A small file that comes with an event; larger ones go to `POST /file/upload`."""

    file: bytes
    file_name: Annotated[str, Meta(examples=["harbour.jpg"])] | None = None
    file_name_camel: str | None = msgspec.field(name="fileName", default=None)
    file_type: str | None = None
    file_type_camel: str | None = msgspec.field(name="fileType", default=None)

    @property
    def name(self) -> str:
        """Raises `Invalid` if it is missing."""
        return required(self.file_name, self.file_name_camel, "file_name")

    @property
    def media_type(self) -> str:
        """The media type that the client claims, empty if none. Raises `Invalid`."""
        return either(self.file_type, self.file_type_camel, "file_type") or ""


class _FileData(msgspec.Struct, frozen=True):
    file: FileBody


class FileEnqueued(msgspec.Struct, frozen=True):
    """The file is complete and its message is stored."""

    data: _FileData
    status: Success = "success"
    message: str = FILE_ENQUEUED


def registered(user: User) -> Registered:
    return Registered(_UserData(user_body(user, user.id)))


def logged_in(token: str, user: User) -> LoggedIn:
    return LoggedIn(token, _LoginData(token, user.email or "", user.id))


def user_list(users: list[User], reader_id: str) -> UserList:
    return UserList(_UsersData([user_body(user, reader_id) for user in users]))


def user_body(user: User, reader_id: str) -> UserBody:
    return UserBody(
        id=user.id,
        user_id=user.id,
        username=user.username,
        created_at=iso(user.created_at),
        updated_at=iso(user.updated_at),
        email=(user.email if user.id == reader_id else None) or UNSET,
    )


def enqueued(message: Message) -> Enqueued:
    return Enqueued(message.seq, message.id)


def file_enqueued(message: Message) -> FileEnqueued:
    (body,) = file_bodies(message)
    return FileEnqueued(_FileData(body))


def message_list(messages: list[MessageBody]) -> MessageList:
    return MessageList(_MessagesData(messages))


def refused(fault: Fault) -> tuple[int, dict[str, object]]:
    """The status and the envelope in which this document's server tells of a refusal."""
    told = fault
    if fault.code in {UsernameTaken.code, EmailTaken.code}:
        told = msgspec.structs.replace(fault, status=400, text=TAKEN)
    elif fault.code == WrongPassword.code:
        told = msgspec.structs.replace(fault, text=WRONG)
    status = "fail" if told.status < 500 else "error"
    return told.status, {"status": status, **message_and_error(told)}


def render(fault: Fault) -> Response[Any]:
    """The error response of all routes of this dialect."""
    status, body = refused(fault)
    return answer(fault, body, status=status)
