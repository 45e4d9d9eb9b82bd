"""Conversations: list them, read them, mark them as read."""

from typing import Annotated

import msgspec
from litestar import get, put
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from backchannel.chat import conversations as chat
from backchannel.chat.conversations import PAGE
from backchannel.dialects.native.bodies import ConversationBody, MessageBody
from backchannel.dialects.native.http.parameters import (
    ConversationId,
    Limit,
    Number,
    QuerySeq,
    Strict,
)
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.native.wire import conversation_body, message_body
from backchannel.dialects.shared.requests import InjectedCore, StrictRequest
from backchannel.domain.conversations import ConversationView
from backchannel.domain.errors import Invalid


class ConversationPage(msgspec.Struct, frozen=True):
    """Newest activity first. `next` is the `before` of the next page, null on the last one."""

    conversations: list[ConversationBody]
    next: Annotated[str, Meta(examples=["1777891883000.01970f3e-6b1c-7d2a"])] | None


class MessagePage(msgspec.Struct, frozen=True):
    """Oldest first. Numbers have no gaps, so the first one tells whether others precede it."""

    messages: list[MessageBody]


class ReadMark(Strict, frozen=True):
    """Everything up to `seq` has been read."""

    seq: Annotated[Number, Meta(examples=[42])]


@get(
    "/conversations",
    summary="List one's conversations",
    description="Newest activity first, each with its last message and the number of unread ones.",
    responses=problems(401),
)
async def list_conversations(
    request: StrictRequest,
    core: InjectedCore,
    limit: Limit = PAGE,
    before: Annotated[str | None, QueryParameter(description="`next` of the page before")] = None,
) -> ConversationPage:
    user_id = request.user.user_id
    cursor = None if before is None else _parse_cursor(before)
    views = await chat.conversations(core, user_id, before=cursor, limit=limit)
    peers = await core.storage.users([view.peer_id for view in views])
    bodies = [conversation_body(view, user_id, peers.get(view.peer_id)) for view in views]
    return ConversationPage(bodies, _cursor(views[-1]) if len(views) == limit else None)


@get(
    "/conversations/{conversation_id:str}",
    summary="Look at a conversation",
    responses=problems(401, 404),
)
async def get_conversation(
    request: StrictRequest, core: InjectedCore, conversation_id: ConversationId
) -> ConversationBody:
    user_id = request.user.user_id
    view = await chat.conversation(core, user_id, conversation_id)
    peers = await core.storage.users([view.peer_id])
    return conversation_body(view, user_id, peers.get(view.peer_id))


@get(
    "/conversations/{conversation_id:str}/messages",
    summary="Read a conversation",
    description="The newest messages, or those next to a `seq`: at most one of `before`, "
    "`after` (both exclusive) and `around` (inclusive).",
    responses=problems(401, 404),
)
async def read_messages(
    request: StrictRequest,
    core: InjectedCore,
    conversation_id: ConversationId,
    limit: Limit = PAGE,
    before: QuerySeq = None,
    after: QuerySeq = None,
    around: QuerySeq = None,
) -> MessagePage:
    user_id = request.user.user_id
    messages = await chat.history(
        core, user_id, conversation_id, before=before, after=after, around=around, limit=limit
    )
    return MessagePage([message_body(message, user_id) for message in messages])


@put(
    "/conversations/{conversation_id:str}/read",
    summary="Mark a conversation as read",
    description="Read marks only move forward; the other member is told.",
    status_code=204,
    responses=problems(401, 404, body=True),
)
async def mark_read(
    request: StrictRequest,
    core: InjectedCore,
    conversation_id: ConversationId,
    data: JSONBody[ReadMark],
) -> None:
    await chat.mark_read(core, request.user.user_id, conversation_id, data.seq)


def _cursor(view: ConversationView) -> str:
    return f"{view.updated_at}.{view.id}"


def _parse_cursor(cursor: str) -> tuple[int, str]:
    updated_at, _, conversation_id = cursor.partition(".")
    # Fifteen digits last until the year 33658, and fit every database.
    if not (updated_at.isascii() and updated_at.isdigit() and len(updated_at) <= 15):
        raise Invalid("before must be what the page before named as next", field="before")
    return int(updated_at), conversation_id


HANDLERS = [list_conversations, get_conversation, read_messages, mark_read]
