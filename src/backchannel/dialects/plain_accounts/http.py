"""`POST /register` and `POST /login`."""

from typing import Any

from litestar import Response, Router, post
from litestar.params import JSONBody

from backchannel.chat import accounts, logins
from backchannel.dialects.plain_accounts import wire
from backchannel.dialects.shared.errors import Render, answer, handlers
from backchannel.dialects.shared.faults import Fault, message_and_error
from backchannel.dialects.shared.refusals import refusals
from backchannel.dialects.shared.requests import (
    FORMS,
    InjectedCore,
    StrictRequest,
    client_address,
    client_agent,
)


def _in_case_of_failure(text: str) -> Render:
    """The `message` that each of the two documents has for unexpected errors (500)."""

    def render(fault: Fault) -> Response[Any]:
        told = wire.in_their_words(fault)
        body = message_and_error(told)
        if told.status == 500:
            body["message"] = text
        return answer(told, body)

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
    request: StrictRequest, core: InjectedCore, data: JSONBody[wire.Registration]
) -> wire.Registered:
    user = await accounts.register(
        core,
        username=data.username,
        email=data.email,
        password=data.password,
        address=client_address(request),
    )
    return wire.registered(user)


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
    request: StrictRequest, core: InjectedCore, data: JSONBody[wire.Credentials]
) -> wire.LoggedIn:
    session = await logins.login_by_username(
        core,
        username=data.username,
        password=data.password,
        agent=client_agent(request),
        address=client_address(request),
        reveal_unknown=core.policy.reveal_unknown_user,
    )
    return wire.LoggedIn(wire.LOGGED_IN, session.access_token)


TAGS = {
    "Plain accounts": "Registration and login by username, for clients of `/chat` and `/websocket`."
}
"""The tag of these operations, for the API's description."""


def routes() -> Router:
    """The two routes; neither needs a login."""
    return Router("/", route_handlers=[register, login], tags=list(TAGS))
