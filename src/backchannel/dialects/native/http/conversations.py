"""Conversations: list, read and mark them as read."""

from typing import Annotated

import msgspec
from litestar import get, put
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from backchannel.chat import conversations as chat
from backchannel.chat.conversations import PAGE, HistoryPage
from backchannel.chat.core import Core
from backchannel.dialects.native.bodies import ConversationBody, MessageBody
from backchannel.dialects.native.http.pages import Next, no_cursor
from backchannel.dialects.native.http.parameters import (
    INTEGER_LIMIT,
    ConversationId,
    Cursor,
    Limit,
    Number,
    Strict,
)
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.native.wire import conversation_body, message_body
from backchannel.dialects.shared.requests import InjectedCore, StrictRequest
from backchannel.domain.conversations import ConversationKind
from backchannel.domain.errors import Invalid
from backchannel.domain.ids import is_id


def _seq(description: str) -> QueryParameter:
    return QueryParameter(ge=0, le=INTEGER_LIMIT, description=description)


Before = Annotated[int | None, _seq("List the messages before this `seq`")]
After = Annotated[int | None, _seq("List the messages after this `seq`")]
Around = Annotated[int | None, _seq("List the messages on both sides of this `seq`")]


class ConversationList(msgspec.Struct, frozen=True):
    """A page of conversations, those with the newest activity first."""

    items: list[ConversationBody]
    next: Next


class MessageList(msgspec.Struct, frozen=True):
    """A page of messages, the oldest first."""

    items: list[MessageBody]
    next: Next


class ReadMark(Strict, frozen=True):
    """The `seq` up to which everything has been read."""

    seq: Annotated[Number, Meta(examples=[42])]


@get(
    "/conversations",
    summary="List your conversations",
    description="Those with the newest activity first, each with its last message and the number "
    "of unread ones. `kind` lists only direct ones, or only sessions. A page ends at `limit`, or "
    "earlier at about 1 MB of last messages.",
    responses=problems(401),
)
async def list_conversations(
    request: StrictRequest,
    core: InjectedCore,
    limit: Limit = PAGE,
    cursor: Cursor = None,
    kind: Annotated[
        ConversationKind | None, QueryParameter(description="List only this kind")
    ] = None,
) -> ConversationList:
    return await conversation_list(core, request.user.user_id, kind, limit=limit, cursor=cursor)


@get(
    "/conversations/{conversation_id:str}",
    summary="Get a conversation",
    description="In the form of the list, with its last message and the number of unread ones.",
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
    summary="List the messages of a conversation",
    description="The newest messages, or those next to a `seq`: pass at most one of `before`, "
    "`after` (both exclusive), `around` (inclusive) and `cursor`. `next` leads to older "
    "messages, or with `after` to newer ones. With `around` there is one page: continue from its "
    "ends with `before` and `after`. A page ends at `limit`, or earlier at about 1 MB of text.",
    responses=problems(401, 404),
)
async def list_messages(  # noqa: PLR0913, PLR0917 - the request's parameters
    request: StrictRequest,
    core: InjectedCore,
    conversation_id: ConversationId,
    limit: Limit = PAGE,
    cursor: Cursor = None,
    before: Before = None,
    after: After = None,
    around: Around = None,
) -> MessageList:
    user_id = request.user.user_id
    if cursor is not None:
        if (before, after, around) != (None, None, None):
            raise Invalid("give cursor without before, after and around", field="cursor")
        before, after = _parse_place(cursor)
    page = await chat.history(
        core, user_id, conversation_id, before=before, after=after, around=around, limit=limit
    )
    following = _place(page, after) if around is None else None
    return MessageList([message_body(each, user_id) for each in page.messages], following)


@put(
    "/conversations/{conversation_id:str}/read",
    summary="Mark a conversation as read",
    description="Everything up to `seq` counts as read. Read marks only move forward, and the "
    "other member is notified.",
    status_code=204,
    responses=problems(401, 404, body=True),
)
async def mark_as_read(
    request: StrictRequest,
    core: InjectedCore,
    conversation_id: ConversationId,
    data: JSONBody[ReadMark],
) -> None:
    await chat.mark_read(core, request.user.user_id, conversation_id, data.seq)


async def conversation_list(
    core: Core,
    user_id: str,
    kind: ConversationKind | None,
    *,
    limit: int,
    cursor: str | None,
) -> ConversationList:
    """A page of a user's conversations, of one kind or of all. Raises `Invalid` (the cursor)."""
    before = None if cursor is None else _parse_activity(cursor)
    views = await chat.conversations(core, user_id, before=before, limit=limit, kind=kind)
    peers = await core.storage.users([view.peer_id for view in views])
    bodies = [conversation_body(view, user_id, peers.get(view.peer_id)) for view in views]
    last = chat.next_before(views, limit)
    return ConversationList(bodies, f"{last.updated_at}.{last.id}" if last else None)


def _parse_activity(cursor: str) -> tuple[int, str]:
    updated_at, _, conversation_id = cursor.partition(".")
    if not is_id(conversation_id):
        raise no_cursor()
    return _number(updated_at), conversation_id


def _place(page: HistoryPage, after: int | None) -> str | None:
    """The cursor of the page that follows this page of messages, in the same direction."""
    if after is not None:
        return f"after.{page.messages[-1].seq}" if page.has_newer else None
    messages = page.messages
    return f"before.{messages[0].seq}" if messages and messages[0].seq > 1 else None


def _parse_place(cursor: str) -> tuple[int | None, int | None]:
    """The `before` and `after` that a cursor encodes, one of which is None."""
    way, _, seq = cursor.partition(".")
    if way not in {"before", "after"}:
        raise no_cursor()
    return (_number(seq), None) if way == "before" else (None, _number(seq))


def _number(text: str) -> int:
    # Fifteen digits last until the year 33658, and fit every database.
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise no_cursor()
    return int(text)


HANDLERS = [list_conversations, get_conversation, list_messages, mark_as_read]
