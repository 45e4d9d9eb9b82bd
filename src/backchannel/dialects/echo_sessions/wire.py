"""The JSON of this dialect: bodies, the validation of all their fields at once, and errors."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta

from backchannel.domain.accounts import check_registration
from backchannel.domain.conversations import ConversationView
from backchannel.domain.errors import EmailTaken, Invalid, UsernameTaken, WrongPassword
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message
from backchannel.domain.times import iso
from backchannel.domain.users import User
from backchannel.http.docs.refusals import Refusal, documented
from backchannel.http.docs.samples import TEXT
from backchannel.http.errors import (
    AnyRequest,
    ErrorInfo,
    Handlers,
    answer,
    handlers,
    message_and_error,
    refusal,
)

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
    """A user's conversation with the server. While it is empty, both times are equal."""

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
    """A session of this user's; the `id` is the name that its client uses for it."""
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


class InvalidFields(Invalid):
    """Fields are invalid: each of `faults` names one."""

    def __init__(self, text: str, *, faults: Sequence[Invalid] = ()) -> None:
        super().__init__(text, field=faults[0].field if faults else None)
        self.faults = tuple(faults)


class SignUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The account to create. An error lists every invalid field."""

    username: Annotated[Any, Meta(extra_json_schema=TEXT, examples=["johndoe"])] = None
    email: Annotated[Any, Meta(extra_json_schema=TEXT, examples=["john@example.com"])] = None
    password: Annotated[Any, Meta(extra_json_schema=TEXT, examples=["securepassword123"])] = None

    def checked(self) -> tuple[str, str, str]:
        """Username, e-mail address and password. Raises `InvalidFields`."""
        given = texts({"username": self.username, "email": self.email, "password": self.password})
        username, email, password = given
        faults = check_registration(username=username, email=email, password=password)
        _require_none(faults)
        return username, email, password


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The e-mail address and the password. An error lists every invalid field."""

    email: Annotated[Any, Meta(extra_json_schema=TEXT, examples=["john@example.com"])] = None
    password: Annotated[Any, Meta(extra_json_schema=TEXT, examples=["securepassword123"])] = None

    def checked(self) -> tuple[str, str]:
        """E-mail address and password. Raises `InvalidFields`."""
        email, password = texts({"email": self.email, "password": self.password})
        return email, password


def texts(fields: Mapping[str, object]) -> list[str]:
    """The values of fields that must all be there and be text. Raises `InvalidFields`."""
    faults = [
        Invalid(f"{name} {'is missing' if value is None else 'must be a string'}", field=name)
        for name, value in fields.items()
        if not isinstance(value, str)
    ]
    _require_none(faults)
    return [str(value) for value in fields.values()]


def _require_none(faults: Sequence[Invalid]) -> None:
    if faults:
        raise InvalidFields("; ".join(fault.text for fault in faults), faults=faults)


INVALID_CREDENTIALS = "Invalid credentials"


def translated(error: ErrorInfo) -> ErrorInfo:
    """A refusal in the words of the document's server: a name that is taken is invalid input."""
    if error.code in {UsernameTaken.code, EmailTaken.code}:
        return msgspec.structs.replace(error, status=HTTPStatus.BAD_REQUEST)
    if error.code == WrongPassword.code:
        return msgspec.structs.replace(error, text=INVALID_CREDENTIALS)
    return error


def body(error: ErrorInfo, faults: Sequence[Invalid] = ()) -> dict[str, object]:
    """An error's JSON; `errors` name the fields, or `body` as a whole."""
    content = {"success": False, **message_and_error(error)}
    if error.status == HTTPStatus.BAD_REQUEST:
        named = [(each.field, each.text) for each in faults] or [(error.field, error.text)]
        content["errors"] = [{"path": field or "body", "msg": text} for field, text in named]
    return content


def render(error: ErrorInfo) -> Response[Any]:
    """The error response of the routes below `/api/auth` and `/api/sessions`."""
    shown = translated(error)
    return answer(shown, body(shown))


def error_handlers() -> Handlers:
    """Litestar's exception handlers for this dialect's routes."""

    def handle_fields(_: AnyRequest, error: Exception) -> Response[Any]:
        if not isinstance(error, InvalidFields):
            raise error
        info = refusal(error)
        return answer(info, body(info, error.faults))

    return {**handlers(render), InvalidFields: handle_fields}


class FieldError(msgspec.Struct, frozen=True):
    path: Annotated[str, Meta(description="The field at fault", examples=["password"])]
    msg: Annotated[str, Meta(examples=["password must have 8 to 128 characters"])]


class SessionRefusal(Refusal, frozen=True, kw_only=True, omit_defaults=True):
    """`errors` comes with status 400: every field that is at fault."""

    success: Annotated[bool, Meta(examples=[False])]
    errors: list[FieldError] | None = None


def refusals(*statuses: int) -> dict[int, ResponseSpec]:
    """The errors an operation documents, by status."""
    return documented(SessionRefusal, body, statuses)
