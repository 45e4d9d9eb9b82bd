"""The "other endpoints" of the document: users, message history, and sessions."""

from typing import Annotated

from litestar import Router, delete, get
from litestar.params import PathParameter, QueryParameter

from backchannel.chat import accounts, logins
from backchannel.chat.conversations import PAGE
from backchannel.dialects.event_socket.wire import (
    Ended,
    MessagePage,
    SessionList,
    UserBody,
    UserPage,
    message_body,
    session_body,
    user_body,
)
from backchannel.dialects.shared.messages import Before, Limit, undeleted_messages
from backchannel.domain import access
from backchannel.domain.ids import direct_conversation_id
from backchannel.http.docs.refusals import refusals
from backchannel.http.docs.samples import ID, shown
from backchannel.http.errors import handlers, plain
from backchannel.http.requests import (
    BEARER,
    InjectedCore,
    StrictRequest,
    require_login,
)


@get(
    "/users",
    summary="List users",
    description="By username.",
    responses=refusals(400, 401),
)
async def list_users(
    core: InjectedCore,
    limit: Limit = PAGE,
    after: Annotated[str | None, QueryParameter(description="Only usernames past this one")] = None,
) -> UserPage:
    users = await accounts.list_users(core, after=after, limit=limit)
    return UserPage([user_body(user) for user in users])


@get(
    "/users/{username:str}",
    summary="Get a user",
    description="By username or id.",
    responses=refusals(400, 401, 404),
)
async def get_user(
    core: InjectedCore,
    username: Annotated[
        str, PathParameter(description="A user's username or id", examples=shown("grace"))
    ],
) -> UserBody:
    return user_body(await accounts.find_user(core, username))


@get(
    "/messages",
    summary="Read your messages with a user",
    description="The newest messages, the oldest of them first.",
    responses=refusals(400, 401, 404),
)
async def read_messages(
    request: StrictRequest,
    core: InjectedCore,
    other: Annotated[
        str,
        QueryParameter(name="with", description="A user's username or id", examples=shown("grace")),
    ],
    limit: Limit = PAGE,
    before: Before = None,
) -> MessagePage:
    me = request.user
    them = await accounts.find_user(core, other)
    access.require_other(me.user_id, them.id, field="with", doing="read messages with")
    conversation_id = direct_conversation_id(me.user_id, them.id)
    names = {me.user_id: me.username, them.id: them.username}
    found = await undeleted_messages(core, me.user_id, conversation_id, before=before, limit=limit)
    return MessagePage(
        [message_body(each, names[each.sender_id], names[each.recipient_id]) for each in found]
    )


@get(
    "/sessions",
    summary="List your logins",
    description="The newest first. `current` marks the one that asks.",
    responses=refusals(400, 401),
)
async def list_sessions(request: StrictRequest, core: InjectedCore) -> SessionList:
    found = await logins.list_logins(core, request.user.user_id)
    return SessionList([session_body(each, request.user.login_id) for each in found])


@delete(
    "/sessions/{session_id:str}",
    summary="End a login",
    description="Its token is no longer valid, and its sockets close within a second.",
    status_code=200,
    responses=refusals(400, 401, 404),
)
async def end_session(
    request: StrictRequest,
    core: InjectedCore,
    session_id: Annotated[str, PathParameter(description="The session's id", examples=shown(ID))],
) -> Ended:
    await logins.end_login(core, request.user.user_id, session_id)
    return Ended("Session ended")


TAGS = {"Event socket": "For clients of the WebSocket `/websocket`: users, messages, logins."}
"""The tag of these operations, for the API's description."""


def routes() -> Router:
    """The REST routes of this dialect, all of which need a login."""
    return Router(
        "/",
        route_handlers=[list_users, get_user, read_messages, list_sessions, end_session],
        tags=list(TAGS),
        guards=[require_login],
        security=[BEARER],
        exception_handlers=handlers(plain),
    )
