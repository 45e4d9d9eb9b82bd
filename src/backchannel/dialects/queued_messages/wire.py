"""The JSON of this dialect: every body is an envelope with a `status`."""

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from litestar import Response
from msgspec import UNSET, Meta, UnsetType

from backchannel.chat.queued_sending import Accepted
from backchannel.dialects.queued_messages.messages import (
    FileBody,
    MessageBody,
    accepted_file,
    file_bodies,
)
from backchannel.dialects.shared.messages import ClientId, SenderClaim
from backchannel.domain.accounts import PASSWORD_LIMIT, PASSWORD_MINIMUM, USERNAME_LIMIT
from backchannel.domain.errors import EmailTaken, Invalid, UsernameTaken, WrongPassword
from backchannel.domain.signals import Rejected
from backchannel.domain.times import iso
from backchannel.domain.users import User
from backchannel.http.docs.samples import checked_text
from backchannel.http.errors import ErrorInfo, answer, message_and_error
from backchannel.ports.storage.values import Stored

T = TypeVar("T")

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


def either(snake: T | None, camel: T | None, field: str) -> T | None:
    """The value of a field that may come in either spelling; `field` is the one with underscores.

    Raises `Invalid` if both spellings are given and differ.
    """
    if snake is not None and camel is not None and snake != camel:
        raise Invalid(f"{field} is given in two spellings that differ", field=field)
    return camel if snake is None else snake


def required(snake: T | None, camel: T | None, field: str) -> T:
    """Like `either`; raises `Invalid` if neither is given."""
    value = either(snake, camel, field)
    if value is None:
        raise Invalid(f"{field} is missing", field=field)
    return value


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
    """The message is stored, or durable in the queue: then it has a `client_id` only."""

    sequence_number: Annotated[int, Meta(examples=[12])] | UnsetType = UNSET
    message_id: Id | UnsetType = UNSET
    client_id: str | UnsetType = UNSET
    status: Success = "success"
    message: str = ENQUEUED


class _MessagesData(msgspec.Struct, frozen=True):
    messages: list[MessageBody]


class MessageList(msgspec.Struct, frozen=True):
    data: _MessagesData
    status: Success = "success"


class FileMessage(SenderClaim, kw_only=True, gc=False):
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


class UploadEvent(FileMessage, kw_only=True, gc=False):
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
    """The file is complete, and its message is stored or durable in the queue."""

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


def enqueued(outcome: Stored | Accepted) -> Enqueued:
    if isinstance(outcome, Accepted):
        return Enqueued(client_id=outcome.client_id)
    return Enqueued(outcome.message.seq, outcome.message.id)


def file_enqueued(outcome: Stored | Accepted, files: str) -> FileEnqueued:
    """The answer about the message with these files; in the queue it has no id yet."""
    if isinstance(outcome, Accepted):
        body = accepted_file(files)
    else:
        (body,) = file_bodies(outcome.message)
    return FileEnqueued(_FileData(body))


def message_list(messages: list[MessageBody]) -> MessageList:
    return MessageList(_MessagesData(messages))


def refused(error: ErrorInfo) -> tuple[int, dict[str, object]]:
    """The status and the envelope of a refusal, as the document has them."""
    shown = error
    if error.code in {UsernameTaken.code, EmailTaken.code}:
        shown = msgspec.structs.replace(error, status=400, text=TAKEN)
    elif error.code == WrongPassword.code:
        shown = msgspec.structs.replace(error, text=WRONG)
    status = "fail" if shown.status < 500 else "error"
    return shown.status, {"status": status, **message_and_error(shown)}


def rejected(content: Rejected) -> dict[str, object]:
    """The envelope that tells a sender that an accepted message was rejected."""
    error = ErrorInfo(status=content.status, code=content.code, text=content.text)
    return {"client_id": content.client_id, **refused(error)[1]}


def render(error: ErrorInfo) -> Response[Any]:
    """The error response of all routes of this dialect."""
    status, body = refused(error)
    return answer(error, body, status=status)
