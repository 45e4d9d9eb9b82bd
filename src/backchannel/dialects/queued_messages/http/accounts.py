"""`/auth` and `/user`: who is who."""

from typing import Annotated

from litestar import get, post
from litestar.params import JSONBody, QueryParameter

from backchannel.chat import accounts, logins
from backchannel.chat.conversations import PAGE_LIMIT
from backchannel.dialects.queued_messages import wire
from backchannel.dialects.shared.refusals import refusals
from backchannel.dialects.shared.requests import (
    FORMS,
    InjectedCore,
    StrictRequest,
    client_address,
    client_agent,
)
from backchannel.dialects.shared.standing import Limit
from backchannel.domain.errors import Invalid


@post(
    "/auth/register",
    summary="Register a user",
    description="Log in afterwards.",
    responses=refusals(400, 403, 413, 415, 429, 500, 503),
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
    "/auth/login",
    summary="Log in",
    description="By `email` or by `username`. Send the token as `Authorization: Bearer TOKEN`.",
    status_code=200,
    responses=refusals(400, 401, 403, 413, 415, 429, 500, 503),
    opt=FORMS,
)
async def login(
    request: StrictRequest, core: InjectedCore, data: JSONBody[wire.Credentials]
) -> wire.LoggedIn:
    agent, address = client_agent(request), client_address(request)
    if data.username is not None and data.email is None:
        session = await logins.login_by_username(
            core, username=data.username, password=data.password, agent=agent, address=address
        )
    elif data.email is not None and data.username is None:
        session = await logins.login_by_email(
            core, email=data.email, password=data.password, agent=agent, address=address
        )
    else:
        raise Invalid("give either email or username", field="email")
    return wire.logged_in(session.access_token, session.user)


@get(
    ["/user/users", "/user"],
    summary="List the other users",
    description="By username, without you.",
    responses=refusals(400, 401),
)
async def list_users(
    request: StrictRequest,
    core: InjectedCore,
    limit: Limit = PAGE_LIMIT,
    after: Annotated[str | None, QueryParameter(description="Only usernames past this one")] = None,
) -> wire.UserList:
    me = request.user.user_id
    users = await accounts.list_users(core, after=after, limit=limit)
    others = [user for user in users if user.id != me]
    if len(others) < len(users) == limit:  # a page is only shorter if it is the last one
        others += await accounts.list_users(core, after=users[-1].username, limit=1)
    return wire.user_list(others, me)
