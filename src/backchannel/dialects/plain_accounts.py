"""`POST /register` and `POST /login`, which the documents of two dialects share."""

from typing import Annotated, Any

import msgspec
from litestar import Response, Router, post
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from backchannel.dialects.shared.accounts import log_in_user, register_user
from backchannel.domain.accounts import PASSWORD_LIMIT, PASSWORD_MINIMUM, USERNAME_LIMIT
from backchannel.domain.errors import UnknownAccount, WrongPassword
from backchannel.domain.times import iso
from backchannel.domain.users import User
from backchannel.http.docs.refusals import refusals
from backchannel.http.docs.samples import checked_text
from backchannel.http.errors import ErrorInfo, Render, answer, handlers, message_and_error
from backchannel.http.requests import (
    FORMS,
    InjectedCore,
    StrictRequest,
)

REGISTERED = "User registered successfully"
LOGGED_IN = "Login successful"


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The account to create. The e-mail address is optional: some clients send none."""

    username: Annotated[str, checked_text(1, USERNAME_LIMIT, example="ada", note=", no @")]
    password: Annotated[
        str, checked_text(PASSWORD_MINIMUM, PASSWORD_LIMIT, example="correct horse battery")
    ]
    email: Annotated[str, Meta(examples=["ada@example.org"])] | None = None


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    username: Annotated[str, Meta(examples=["ada"])]
    password: Annotated[str, Meta(examples=["correct horse battery"])]


class NewUser(msgspec.Struct, frozen=True):
    user_id: Annotated[str, Meta(examples=["01970f3e-6b1c-7d2a-9c55-0a4f6b8e1d20"])]
    username: Annotated[str, Meta(examples=["ada"])]
    email: Annotated[str, Meta(examples=["ada@example.org"])]
    created_at: Annotated[str, Meta(examples=["2026-05-04T10:51:23.000Z"])]


class Registered(msgspec.Struct, frozen=True):
    """`user` is there if an e-mail address was given, as the document that has one says."""

    message: Annotated[str, Meta(examples=[REGISTERED])]
    user: NewUser | UnsetType = UNSET


class LoggedIn(msgspec.Struct, frozen=True):
    """The token goes into the header `Authorization` of all that follows."""

    message: Annotated[str, Meta(examples=[LOGGED_IN])]
    token: Annotated[str, Meta(examples=["eyJhbGciOiJIUzI1NiJ9.e30.c2ln"])]


def registered(user: User) -> Registered:
    if user.email is None:
        return Registered(REGISTERED)
    return Registered(REGISTERED, NewUser(user.id, user.username, user.email, iso(user.created_at)))


def translated(error: ErrorInfo) -> ErrorInfo:
    """A refused login in the words of the two documents."""
    if error.code == WrongPassword.code:
        return msgspec.structs.replace(error, text="Invalid password")
    if error.code == UnknownAccount.code:
        return msgspec.structs.replace(error, status=404, text="User not found", headers=())
    return error


def _in_case_of_failure(text: str) -> Render:
    """The `message` that each of the two documents has for unexpected errors (500)."""

    def render(error: ErrorInfo) -> Response[Any]:
        shown = translated(error)
        body = message_and_error(shown)
        if shown.status == 500:
            body["message"] = text
        return answer(shown, body)

    return render


@post(
    "/register",
    summary="Register a user",
    description="If you give an `email`, the answer shows the user; otherwise only a message.",
    responses=refusals(400, 403, 409, 413, 415, 429, 500, 503),
    exception_handlers=handlers(_in_case_of_failure("Error during registration")),
    opt=FORMS,
)
async def register(
    request: StrictRequest, core: InjectedCore, data: JSONBody[Registration]
) -> Registered:
    user = await register_user(core, request, data)
    return registered(user)


@post(
    "/login",
    summary="Log in",
    description="An unknown user gets 404, or 401 where the operator has set "
    "`login_unknown_user = 401`.",
    status_code=200,
    responses=refusals(400, 401, 403, 404, 413, 415, 429, 500, 503),
    exception_handlers=handlers(_in_case_of_failure("Error during login")),
    opt=FORMS,
)
async def login(
    request: StrictRequest, core: InjectedCore, data: JSONBody[Credentials]
) -> LoggedIn:
    tokens = await log_in_user(
        core,
        request,
        data.password,
        username=data.username,
        reveal_unknown=core.policy.reveal_unknown_user,
    )
    return LoggedIn(LOGGED_IN, tokens.access_token)


TAGS = {
    "Plain accounts": "Registration and login by username, for clients of `/chat` and `/websocket`."
}
"""The tag of these operations, for the API's description."""


def routes() -> Router:
    """The two routes; neither needs a login."""
    return Router("/", route_handlers=[register, login], tags=list(TAGS))
