"""The routes `/api/auth` and `/api/sessions`."""

from typing import Annotated

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from backchannel.chat import accounts, conversations, logins, sessions
from backchannel.chat.conversations import PAGE_LIMIT
from backchannel.dialects.echo_sessions.wire import (
    Credentials,
    MessageBody,
    SessionBody,
    SignUp,
    UserBody,
    error_handlers,
    message_body,
    refusals,
    session_body,
    user_body,
)
from backchannel.dialects.shared.accounts import log_in_user
from backchannel.dialects.shared.messages import Before, Limit, undeleted_messages
from backchannel.domain.conversations import ConversationKind
from backchannel.http.docs.samples import checked_text, shown
from backchannel.http.requests import (
    BEARER,
    FORMS,
    InjectedCore,
    StrictRequest,
    client_address,
    require_login,
)

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
    await accounts.register(
        core, username=username, email=email, password=password, address=client_address(request)
    )
    session = await log_in_user(core, request, password, email=email)
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
    session = await log_in_user(core, request, password, email=email)
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
    await logins.logout(core, request.user.user_id, request.user.login_id)
    return LoggedOut()


AUTH_HANDLERS = [sign_up, log_in, log_out]


SessionKey = Annotated[
    str, PathParameter(description="The session's id", examples=shown("session-uuid"))
]
Name = Annotated[str, checked_text(1, sessions.NAME_LIMIT, example="Holiday plans")]


class NewSession(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name = sessions.UNNAMED


class NewName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name


class SessionList(msgspec.Struct, frozen=True):
    """Those with the newest activity first. The last `id` is the `before` of the next page."""

    sessions: list[SessionBody]
    success: bool = True


class OneSession(msgspec.Struct, frozen=True):
    session: SessionBody
    success: bool = True


class SessionMessages(msgspec.Struct, frozen=True):
    """Oldest first. The first one's `id` is the `before` of the page ahead of it."""

    session: SessionBody
    messages: list[MessageBody]
    success: bool = True


class Deleted(msgspec.Struct, frozen=True):
    message: str = "Session deleted"
    success: bool = True


@get(
    "/",
    summary="List your sessions",
    description="Those with the newest activity first.",
    responses=refusals(400, 401, 404),
)
async def list_sessions(
    request: StrictRequest,
    core: InjectedCore,
    limit: Limit = PAGE_LIMIT,
    before: Annotated[str | None, QueryParameter(description="Only those after this id")] = None,
) -> SessionList:
    user_id = request.user.user_id
    cursor = None
    if before is not None:
        last = await sessions.find_session(core, user_id, before)
        cursor = last.updated_at, last.id
    found = await conversations.conversations(
        core, user_id, before=cursor, limit=limit, kind=ConversationKind.SESSION
    )
    return SessionList([session_body(view, user_id) for view in found])


@post(
    "/",
    summary="Open a session",
    description="The body, and the name in it, may be left out.",
    responses=refusals(400, 401, 413, 415),
)
async def open_session(
    request: StrictRequest, core: InjectedCore, data: JSONBody[NewSession | None] = None
) -> OneSession:
    user_id = request.user.user_id
    name = sessions.UNNAMED if data is None else data.name
    view = await sessions.open_session(core, user_id, name=name)
    return OneSession(session_body(view, user_id))


@get(
    "/{session_id:str}/messages",
    summary="Read a session",
    description="The newest messages, the oldest of them first.",
    responses=refusals(400, 401, 404),
)
async def read_messages(
    request: StrictRequest,
    core: InjectedCore,
    session_id: SessionKey,
    limit: Limit = PAGE_LIMIT,
    before: Before = None,
) -> SessionMessages:
    user_id = request.user.user_id
    view = await sessions.find_session(core, user_id, session_id)
    found = await undeleted_messages(core, user_id, view.id, before=before, limit=limit)
    messages = [message_body(message, session_id) for message in found]
    return SessionMessages(session_body(view, user_id), messages)


@patch(
    "/{session_id:str}",
    summary="Rename a session",
    description="Its id stays the same.",
    responses=refusals(400, 401, 404, 413, 415),
)
async def rename_session(
    request: StrictRequest, core: InjectedCore, session_id: SessionKey, data: JSONBody[NewName]
) -> OneSession:
    user_id = request.user.user_id
    await sessions.rename_session(core, user_id, session_id, data.name)
    view = await sessions.find_session(core, user_id, session_id)
    return OneSession(session_body(view, user_id))


@delete(
    "/{session_id:str}",
    summary="Delete a session",
    description="With all its messages. This cannot be undone.",
    status_code=200,
    responses=refusals(400, 401, 404),
)
async def delete_session(
    request: StrictRequest, core: InjectedCore, session_id: SessionKey
) -> Deleted:
    await sessions.delete_session(core, request.user.user_id, session_id)
    return Deleted()


SESSION_HANDLERS = [list_sessions, open_session, read_messages, rename_session, delete_session]


PREFIXES = ("/api/auth", "/api/sessions")
"""The paths whose errors use this dialect's format."""


TAGS = {"Echo sessions": "For Socket.IO clients that emit `join-session` and `message`."}
"""The tag of these operations, for the API's description."""


def routes() -> Router:
    """The routes: those below `/api/sessions` need a login."""
    auth_path, sessions_path = PREFIXES
    return Router(
        "/",
        route_handlers=[
            Router(auth_path, route_handlers=AUTH_HANDLERS),
            Router(
                sessions_path,
                route_handlers=SESSION_HANDLERS,
                guards=[require_login],
                security=[BEARER],
            ),
        ],
        tags=list(TAGS),
        exception_handlers=error_handlers(),
    )
