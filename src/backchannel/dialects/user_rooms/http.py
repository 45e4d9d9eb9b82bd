"""The REST routes below `/api/user` and `/api/chat`."""

from typing import Annotated

from litestar import Router, get, post
from litestar.params import JSONBody, PathParameter, QueryParameter

from backchannel.chat import accounts
from backchannel.chat.conversations import PAGE_LIMIT
from backchannel.dialects.shared.accounts import log_in_user, register_user
from backchannel.dialects.shared.messages import Before, Limit
from backchannel.dialects.socketio import history, sending
from backchannel.dialects.user_rooms import wire
from backchannel.domain.errors import NotFound
from backchannel.http.docs.refusals import refusals
from backchannel.http.docs.samples import shown
from backchannel.http.errors import handlers
from backchannel.http.requests import (
    BEARER,
    FORMS,
    InjectedCore,
    StrictRequest,
    require_login,
)

PREFIXES = ("/api/user", "/api/chat")
"""The paths whose errors use this dialect's format."""

PartyId = Annotated[
    str, PathParameter(description="A user's id or username", examples=shown("ada"))
]


@post(
    "/user/register",
    summary="Register a user",
    description="Log in afterwards.",
    responses=refusals(400, 403, 413, 415, 429, 500, 503),
    opt=FORMS,
)
async def register(
    request: StrictRequest, core: InjectedCore, data: JSONBody[wire.Registration]
) -> wire.Registered:
    user = await register_user(core, request, data)
    return wire.Registered(wire.NewUser(user.username, user.email or "", user.id))


@post(
    "/user/login",
    summary="Log in",
    description="Send the token as the header `access_token`.",
    status_code=200,
    responses=refusals(400, 401, 403, 404, 413, 415, 429, 500, 503),
    opt=FORMS,
)
async def login(
    request: StrictRequest, core: InjectedCore, data: JSONBody[wire.Credentials]
) -> wire.LoggedIn:
    tokens = await log_in_user(core, request, data.password, email=data.email, reveal_unknown=True)
    return wire.LoggedIn(tokens.access_token, tokens.user.id)


@get(
    "/user",
    summary="List users",
    description="By username, all of them on one page up to `limit`.",
    responses=refusals(400, 401),
)
async def list_users(
    request: StrictRequest,
    core: InjectedCore,
    limit: Limit = PAGE_LIMIT,
    after: Annotated[str | None, QueryParameter(description="Only usernames past this one")] = None,
) -> wire.UserList:
    users = await accounts.list_users(core, after=after, limit=limit)
    return wire.UserList([wire.user_body(user, request.user.user_id) for user in users])


@post(
    "/chat/send",
    summary="Send a message without a socket",
    description="Answered once the message is on disk.",
    responses=refusals(400, 401, 403, 404, 409, 413, 415, 429, 503),
    opt=FORMS,
)
async def send_message(
    request: StrictRequest, core: InjectedCore, data: JSONBody[wire.Sending]
) -> wire.Sent:
    data.require_own(request.user)
    outgoing = sending.OutgoingMessage(data.receiver, data.content, data.client_id)
    stored = await sending.send_message(core, request.user, outgoing)
    return wire.Sent(wire.message_body(stored.message))


@get(
    "/chat/messages/{user_id:str}",
    summary="Read your newest messages with all users",
    description="The newest first. `user_id` must be you.",
    responses=refusals(400, 401, 404),
)
async def read_own_messages(
    request: StrictRequest, core: InjectedCore, user_id: PartyId, limit: Limit = PAGE_LIMIT
) -> list[wire.MessageBody]:
    if not history.is_self(request.user, user_id):
        raise NotFound("user not found", field="userId")
    found = await history.newest(core, request.user.user_id, limit=limit)
    return [wire.message_body(message) for message in found]


@get(
    "/chat/messages/{sender_id:str}/{receiver_id:str}",
    summary="Read the messages of two users",
    description="The newest first. One of the two must be you.",
    responses=refusals(400, 401, 404),
)
async def read_messages(
    request: StrictRequest,
    core: InjectedCore,
    sender_id: PartyId,
    receiver_id: PartyId,
    limit: Limit = PAGE_LIMIT,
    before: Before = None,
) -> list[wire.MessageBody]:
    pair = await history.user_pair(core, request.user, sender_id, receiver_id)
    found = await history.between(core, pair, before=before, limit=limit)
    return [wire.message_body(message) for message in reversed(found)]


TAGS = {"User rooms": "For Socket.IO clients that emit `join` and `chat message`."}
"""The tag of these operations, for the API's description."""


def routes() -> Router:
    """All routes; only the first two work without a login."""
    authenticated = Router(
        "/",
        route_handlers=[list_users, send_message, read_own_messages, read_messages],
        guards=[require_login],
        security=[BEARER],
    )
    return Router(
        "/api",
        route_handlers=[register, login, authenticated],
        tags=list(TAGS),
        exception_handlers=handlers(wire.render),
    )
