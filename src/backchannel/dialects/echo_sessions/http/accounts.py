"""`/api/auth`: sign up, log in, log out."""

from typing import Annotated

import msgspec
from litestar import post
from litestar.params import JSONBody
from msgspec import Meta

from backchannel.chat import accounts, logins, logouts, sessions
from backchannel.dialects.echo_sessions.bodies import UserBody, user_body
from backchannel.dialects.echo_sessions.fields import Credentials, SignUp
from backchannel.dialects.echo_sessions.http.refusals import refusals
from backchannel.dialects.shared.requests import (
    BEARER,
    FORMS,
    InjectedCore,
    StrictRequest,
    client_address,
    client_agent,
    require_login,
)

"""Bodies of HTML forms are taken too."""

SIGNED_UP = "User registered successfully"
LOGGED_IN = "Login successful"
LOGGED_OUT = "Logout successful"

Token = Annotated[str, Meta(examples=["eyJhbGciOiJIUzI1NiJ9.e30.c2ln"])]


class LoggedIn(msgspec.Struct, frozen=True):
    """The token goes into the header `Authorization` of all that follows."""

    token: Token
    user: UserBody
    message: Annotated[str, Meta(examples=[LOGGED_IN])]
    success: bool = True


class LoggedOut(msgspec.Struct, frozen=True):
    message: str = LOGGED_OUT
    success: bool = True


@post(
    "/signup",
    summary="Sign up",
    description="The new user is logged in and has one session.",
    responses=refusals(400, 403, 413, 415, 429, 500, 503),
    opt=FORMS,
)
async def sign_up(request: StrictRequest, core: InjectedCore, data: JSONBody[SignUp]) -> LoggedIn:
    username, email, password = data.checked()
    address = client_address(request)
    await accounts.register(
        core, username=username, email=email, password=password, address=address
    )
    session = await logins.login_by_email(
        core, email=email, password=password, agent=client_agent(request), address=address
    )
    await sessions.ensure_session(core, session.user.id)
    return LoggedIn(session.access_token, user_body(session.user), SIGNED_UP)


@post(
    "/login",
    summary="Log in",
    description="A user without a session gets one.",
    status_code=200,
    responses=refusals(400, 401, 403, 413, 415, 429, 500, 503),
    opt=FORMS,
)
async def log_in(
    request: StrictRequest, core: InjectedCore, data: JSONBody[Credentials]
) -> LoggedIn:
    email, password = data.checked()
    session = await logins.login_by_email(
        core,
        email=email,
        password=password,
        agent=client_agent(request),
        address=client_address(request),
    )
    await sessions.ensure_session(core, session.user.id)
    return LoggedIn(session.access_token, user_body(session.user), LOGGED_IN)


@post(
    "/logout",
    summary="Log out",
    description="The token is no longer valid, and the login's sockets close within a second.",
    status_code=200,
    responses=refusals(400, 401),
    guards=[require_login],
    security=[BEARER],
)
async def log_out(request: StrictRequest, core: InjectedCore) -> LoggedOut:
    await logouts.logout(core, request.user.user_id, request.user.login_id)
    return LoggedOut()


HANDLERS = [sign_up, log_in, log_out]
