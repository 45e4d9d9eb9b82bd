"""Conversations: those that frames of `/chat` name by `conversationId`, and their messages."""

from typing import Annotated

from litestar import Router, get, post
from litestar.params import JSONBody, PathParameter, QueryParameter

from backchannel.chat import accounts
from backchannel.chat import conversations as chat
from backchannel.chat.conversations import PAGE
from backchannel.dialects.chat_socket.wire import (
    ConversationBody,
    ConversationPage,
    MessagePage,
    NewConversation,
    conversation_body,
    message_body,
)
from backchannel.dialects.shared.messages import Before, Limit, undeleted_messages
from backchannel.domain.conversations import ConversationKind
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
    "/conversations",
    summary="List your conversations",
    description="Those with the newest activity first, each with its last message.",
    responses=refusals(400, 401, 404),
)
async def list_conversations(
    request: StrictRequest,
    core: InjectedCore,
    limit: Limit = PAGE,
    before: Annotated[str | None, QueryParameter(description="`next` of the page before")] = None,
) -> ConversationPage:
    user_id = request.user.user_id
    cursor = None
    if before is not None:
        last = await chat.conversation(core, user_id, before)
        cursor = last.updated_at, last.id
    views = await chat.conversations(core, user_id, before=cursor, limit=limit)
    following = chat.next_before(views, limit)
    direct = [view for view in views if view.kind is ConversationKind.DIRECT]
    others = await accounts.users_by_id(core, [view.peer_id for view in direct])
    bodies = [conversation_body(view, others[view.peer_id]) for view in direct]
    return ConversationPage(bodies, following.id if following else None)


@post(
    "/conversations",
    summary="Open a conversation",
    description="Two users have one conversation: if it exists, you get that one.",
    responses=refusals(400, 401, 404, 413, 415),
)
async def open_conversation(
    request: StrictRequest, core: InjectedCore, data: JSONBody[NewConversation]
) -> ConversationBody:
    other_id = await core.directory.find_id(data.receiver)
    view = await chat.open_direct(core, request.user.user_id, other_id)
    others = await accounts.users_by_id(core, [other_id])
    return conversation_body(view, others[other_id])


@get(
    "/conversations/{conversation_id:str}/messages",
    summary="Read a conversation",
    description="The newest messages, the oldest of them first.",
    responses=refusals(400, 401, 404),
)
async def read_messages(
    request: StrictRequest,
    core: InjectedCore,
    conversation_id: Annotated[
        str, PathParameter(description="The conversation's id", examples=shown(ID))
    ],
    limit: Limit = PAGE,
    before: Before = None,
) -> MessagePage:
    user_id = request.user.user_id
    await chat.conversation(core, user_id, conversation_id)
    found = await undeleted_messages(core, user_id, conversation_id, before=before, limit=limit)
    return MessagePage(conversation_id, [message_body(message) for message in found])


TAGS = {"Chat socket": "For clients of the WebSocket `/chat`: conversations and their messages."}
"""The tag of these operations, for the API's description."""


def routes() -> Router:
    """The REST routes of this dialect, all of which need a login."""
    return Router(
        "/",
        route_handlers=[list_conversations, open_conversation, read_messages],
        tags=list(TAGS),
        guards=[require_login],
        security=[BEARER],
        exception_handlers=handlers(plain),
    )
