"""Sessions: conversations with the server's responder. They are read like any other."""

from typing import Annotated

from litestar import delete, get, patch, post
from litestar.params import JSONBody
from msgspec import Meta

from backchannel.chat import conversations, sessions
from backchannel.chat.conversations import PAGE
from backchannel.chat.core import Core
from backchannel.chat.sessions import KEY_LIMIT, NAME_LIMIT
from backchannel.dialects.native.bodies import ConversationBody
from backchannel.dialects.native.http.conversations import ConversationList, conversation_list
from backchannel.dialects.native.http.parameters import ConversationId, Cursor, Limit, Strict
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.native.wire import conversation_body
from backchannel.domain.conversations import ConversationKind
from backchannel.domain.errors import NotFound
from backchannel.http.docs.samples import checked_text
from backchannel.http.requests import InjectedCore, StrictRequest

Name = Annotated[str, checked_text(1, NAME_LIMIT, example="Holiday plans")]


class NewSession(Strict, frozen=True):
    """`key` is a name for programs: the same key always means the same session."""

    key: (
        Annotated[str, Meta(min_length=1, max_length=KEY_LIMIT, examples=["holiday-plans"])] | None
    ) = None
    name: Name = "New session"


class NewName(Strict, frozen=True):
    name: Name


@get(
    "/sessions",
    summary="List your sessions",
    description="Those with the newest activity first, each with its last message.",
    responses=problems(401),
)
async def list_sessions(
    request: StrictRequest, core: InjectedCore, limit: Limit = PAGE, cursor: Cursor = None
) -> ConversationList:
    user_id, kind = request.user.user_id, ConversationKind.SESSION
    return await conversation_list(core, user_id, kind=kind, limit=limit, cursor=cursor)


@post(
    "/sessions",
    summary="Open a session",
    description="A `key` that you have used before gives the session that exists.",
    responses=problems(401, body=True),
)
async def open_session(
    request: StrictRequest, core: InjectedCore, data: JSONBody[NewSession]
) -> ConversationBody:
    user_id = request.user.user_id
    view = await sessions.open_session(core, user_id, key=data.key, name=data.name)
    return conversation_body(view, user_id, None)


@patch(
    "/sessions/{conversation_id:str}",
    summary="Rename a session",
    description="The name is for people; the `key` stays.",
    status_code=204,
    responses=problems(401, 404, body=True),
)
async def rename_session(
    request: StrictRequest,
    core: InjectedCore,
    conversation_id: ConversationId,
    data: JSONBody[NewName],
) -> None:
    user_id = request.user.user_id
    key = await _key(core, user_id, conversation_id)
    await sessions.rename_session(core, user_id, key, data.name)


@delete(
    "/sessions/{conversation_id:str}",
    summary="Delete a session",
    description="With all its messages. This cannot be undone.",
    responses=problems(401, 404),
)
async def delete_session(
    request: StrictRequest, core: InjectedCore, conversation_id: ConversationId
) -> None:
    user_id = request.user.user_id
    key = await _key(core, user_id, conversation_id)
    await sessions.delete_session(core, user_id, key)


async def _key(core: Core, user_id: str, conversation_id: str) -> str:
    """The key of the user's session. Raises `NotFound`, also for other conversations."""
    view = await conversations.conversation(core, user_id, conversation_id)
    if view.key is None:
        raise NotFound("session not found")
    return view.key


HANDLERS = [list_sessions, open_session, rename_session, delete_session]
