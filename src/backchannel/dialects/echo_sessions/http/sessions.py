"""`/api/sessions`: a user's sessions, by the names that clients address them by."""

from typing import Annotated

import msgspec
from litestar import delete, get, patch, post
from litestar.params import JSONBody, PathParameter, QueryParameter

from backchannel.chat import conversations, sessions
from backchannel.chat.conversations import PAGE_LIMIT
from backchannel.dialects.echo_sessions.bodies import (
    MessageBody,
    SessionBody,
    message_body,
    session_body,
)
from backchannel.dialects.echo_sessions.http.refusals import refusals
from backchannel.dialects.shared.docs.samples import shown
from backchannel.dialects.shared.docs.texts import checked_text
from backchannel.dialects.shared.requests import InjectedCore, StrictRequest
from backchannel.dialects.shared.standing import Before, Limit, standing_messages
from backchannel.domain.conversations import ConversationKind

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
    found = await standing_messages(core, user_id, view.id, before=before, limit=limit)
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


HANDLERS = [list_sessions, open_session, read_messages, rename_session, delete_session]
