"""Logins: begin, renew, list and end them."""

from operator import attrgetter
from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.params import JSONBody, PathParameter
from msgspec import Meta

from backchannel.chat import logins
from backchannel.chat.conversations import PAGE
from backchannel.chat.core import Core
from backchannel.chat.logins import IssuedTokens
from backchannel.dialects.native.bodies import LoginBody, TokensBody
from backchannel.dialects.native.http.parameters import Cursor, Limit, Next, Strict, paginate
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.native.wire import login_body, tokens_body
from backchannel.http.docs.samples import ID, shown
from backchannel.http.requests import (
    InjectedCore,
    StrictRequest,
    client_address,
    client_agent,
)


class Credentials(Strict, frozen=True):
    identifier: Annotated[str, Meta(description="Username or e-mail address", examples=["ada"])]
    password: Annotated[str, Meta(examples=["correct horse battery"])]


class RefreshToken(Strict, frozen=True):
    refresh_token: Annotated[str, Meta(examples=["eyJhbGciOiJIUzI1NiJ9.e30.c2ln"])]


class LoginList(msgspec.Struct, frozen=True):
    """A page of logins, the newest first."""

    items: list[LoginBody]
    next: Next


class Ended(msgspec.Struct, frozen=True):
    """The number of logins ended."""

    ended: Annotated[int, Meta(examples=[2])]


@post(
    "/login",
    summary="Log in",
    description="A wrong password and an unknown name get the same answer.",
    status_code=200,
    responses=problems(401, 403, 429, body=True),
)
async def login(
    request: StrictRequest, core: InjectedCore, data: JSONBody[Credentials]
) -> TokensBody:
    return tokens_body(await start_login(request, core, data))


@post(
    "/refresh",
    summary="Renew a login",
    description="A refresh token works once; the response contains the next one. If the response "
    "was lost, repeat the request within 30 seconds: you get the same refresh token, unless it "
    "has been used. A refresh token that is used again later ends its login, because it may have "
    "been stolen.",
    status_code=200,
    responses=problems(401, body=True),
)
async def refresh(core: InjectedCore, data: JSONBody[RefreshToken]) -> TokensBody:
    return tokens_body(await logins.refresh(core, data.refresh_token))


@post(
    "/logout",
    summary="Log this device out",
    description="Its tokens are no longer valid, and its sockets close within a second.",
    status_code=204,
    responses=problems(401),
)
async def logout(request: StrictRequest, core: InjectedCore) -> None:
    await logins.logout(core, request.user.user_id, request.user.login_id)


@get(
    "/logins",
    summary="List your logins",
    description="One for each device, newest first. `current` marks the one of this request.",
    responses=problems(401),
)
async def list_logins(
    request: StrictRequest, core: InjectedCore, limit: Limit = PAGE, cursor: Cursor = None
) -> LoginList:
    found = await logins.list_logins(core, request.user.user_id)
    page, following = paginate(found, attrgetter("id"), limit=limit, cursor=cursor)
    return LoginList([login_body(each, request.user.login_id) for each in page], following)


@delete(
    "/logins/{login_id:str}",
    summary="End a login",
    description="The device is logged out, and its sockets close within a second.",
    responses=problems(401, 404),
)
async def end_login(
    request: StrictRequest,
    core: InjectedCore,
    login_id: Annotated[str, PathParameter(description="The login's id", examples=shown(ID))],
) -> None:
    await logins.end_login(core, request.user.user_id, login_id)


@delete(
    "/logins",
    summary="End all other logins",
    description="Every device but this one is logged out.",
    status_code=200,
    responses=problems(401),
)
async def end_other_logins(request: StrictRequest, core: InjectedCore) -> Ended:
    user = request.user
    return Ended(await logins.end_other_logins(core, user.user_id, user.login_id))


async def start_login(request: StrictRequest, core: Core, credentials: Credentials) -> IssuedTokens:
    """A new login for the requesting client. Raises as `chat.logins.login` does."""
    return await logins.login(
        core,
        identifier=credentials.identifier,
        password=credentials.password,
        agent=client_agent(request),
        address=client_address(request),
    )


PUBLIC = [login, refresh]
HANDLERS = [logout, list_logins, end_login, end_other_logins]
