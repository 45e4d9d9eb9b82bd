"""The JSON of this dialect, pure: its events, its bodies, and its words for errors."""

from typing import Annotated, Any

import msgspec
from litestar import Response
from msgspec import UNSET, Meta, UnsetType

from backchannel.dialects.shared.messages import ClientId, SenderClaim
from backchannel.domain.accounts import PASSWORD_LIMIT, PASSWORD_MINIMUM, USERNAME_LIMIT
from backchannel.domain.errors import EmailTaken, UnknownAccount, UsernameTaken, WrongPassword
from backchannel.domain.messages import Message
from backchannel.domain.times import iso
from backchannel.domain.users import User
from backchannel.http.docs.samples import checked_text
from backchannel.http.errors import ErrorInfo, plain

REGISTERED = "User register Successfully"
LOGGED_IN = "Login successfully"
TAKEN = "User already exist! Login instead"

Id = Annotated[str, Meta(examples=["01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"])]
Name = Annotated[str, Meta(examples=["user"])]
Email = Annotated[str, Meta(examples=["user@example.com"])]
Password = Annotated[str, Meta(examples=["correct horse battery"])]
NewName = Annotated[str, checked_text(1, USERNAME_LIMIT, example="user", note=", no @")]
NewPassword = Annotated[
    str, checked_text(PASSWORD_MINIMUM, PASSWORD_LIMIT, example="correct horse battery")
]


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    username: NewName
    email: Email
    password: NewPassword


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    email: Email
    password: Password


class NewUser(msgspec.Struct, frozen=True):
    username: Name
    email: Email
    id: Id = msgspec.field(name="_id")


class Registered(msgspec.Struct, frozen=True):
    """The original misspells `message` in one of its answers: both keys are there."""

    user: NewUser
    message: str = REGISTERED
    messsage: str = REGISTERED


class LoggedIn(msgspec.Struct, frozen=True):
    """The token goes into the header `access_token` of all that follows."""

    token: Annotated[str, Meta(examples=["eyJhbGciOiJIUzI1NiJ9.e30.c2ln"])]
    user_id: Id = msgspec.field(name="userId")
    message: str = LOGGED_IN


class UserBody(msgspec.Struct, frozen=True):
    """A user; only the user sees the `email`."""

    id: Id = msgspec.field(name="_id")
    username: Name
    email: Email | UnsetType = UNSET


class UserList(msgspec.Struct, frozen=True):
    """By username. The last one's `username` is the `after` of the next page."""

    user: list[UserBody]


class Sending(SenderClaim, kw_only=True, gc=False):
    """A message to send to a receiver (id or username)."""

    receiver: Id
    content: Annotated[str, Meta(examples=["Half past eight?"])]
    client_id: ClientId | None = msgspec.field(name="clientId", default=None)


class MessageBody(msgspec.Struct, frozen=True, gc=False):
    """A message as its two members see it."""

    sender: Id
    receiver: Id
    content: Annotated[str, Meta(examples=["Half past eight?"])]
    id: Id = msgspec.field(name="_id")
    timestamp: Annotated[str, Meta(examples=["2026-05-04T10:51:23.000Z"])]


class Sent(msgspec.Struct, frozen=True):
    message: MessageBody


def user_body(user: User, reader_id: str) -> UserBody:
    own = user.email if user.id == reader_id else None
    return UserBody(user.id, user.username, own or UNSET)


def message_body(message: Message) -> MessageBody:
    return MessageBody(
        sender=message.sender_id,
        receiver=message.recipient_id,
        content=message.body,
        id=message.id,
        timestamp=iso(message.created_at),
    )


def translated(error: ErrorInfo) -> ErrorInfo:
    """A refusal in the format of the document."""
    match error.code:
        case UsernameTaken.code | EmailTaken.code:
            return msgspec.structs.replace(error, status=400, text=TAKEN)
        case UnknownAccount.code:
            return msgspec.structs.replace(error, status=404, text="User not found", headers=())
        case WrongPassword.code:
            return msgspec.structs.replace(error, text="Invalid password")
        case _:
            return error


def render(error: ErrorInfo) -> Response[Any]:
    """The error response of the routes below `/api/user` and `/api/chat`."""
    return plain(translated(error))
