"""Conversations: list, read, mark as read, pin, archive and mute them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from litestar import get, patch, put
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from backchannel.chat import accounts
from backchannel.chat import conversations as chat
from backchannel.chat.conversations import PAGE, HistoryPage
from backchannel.chat.core import Core
from backchannel.dialects.native.bodies import ConversationBody, MessageBody, SettingsBody
from backchannel.dialects.native.http.parameters import (
    INTEGER_LIMIT,
    ConversationId,
    Cursor,
    Limit,
    Next,
    Number,
    Strict,
    no_cursor,
)
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.native.wire import conversation_body, message_body, settings_body
from backchannel.domain.conversations import ConversationKind, RequestState, SettingsPatch
from backchannel.domain.errors import Invalid
from backchannel.domain.ids import is_id
from backchannel.domain.times import LATEST, milliseconds
from backchannel.http.requests import InjectedCore, StrictRequest

Moment = Annotated[datetime, Meta(tz=True, examples=["2026-05-04T18:00:00.000Z"])]


def _seq(description: str) -> QueryParameter:
    return QueryParameter(ge=0, le=INTEGER_LIMIT, description=description)


Before = Annotated[int | None, _seq("List the messages before this `seq`")]
After = Annotated[int | None, _seq("List the messages after this `seq`")]
Around = Annotated[int | None, _seq("List the messages on both sides of this `seq`")]


class Content(StrEnum):
    """A property of messages besides their text."""

    FILES = "files"


Has = Annotated[Content | None, QueryParameter(description="List only messages that have files")]


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
    "of unread ones. `kind` lists only direct ones, or only sessions. Message requests are "
    "listed apart (`GET /v1/requests`). A page ends at `limit`, or earlier at about 1 MB of last "
    "messages.",
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
    user_id = request.user.user_id
    return await conversation_list(core, user_id, kind=kind, limit=limit, cursor=cursor)


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
    peers = await accounts.users_by_id(core, [view.peer_id])
    return conversation_body(view, user_id, peers.get(view.peer_id))


@get(
    "/conversations/{conversation_id:str}/messages",
    summary="List the messages of a conversation",
    description="The newest messages, or those next to a `seq`: pass at most one of `before`, "
    "`after` (both exclusive), `around` (inclusive) and `cursor`. `next` leads to older "
    "messages, or with `after` to newer ones. With `around` there is one page: continue from its "
    "ends with `before` and `after`. `has=files` lists only messages that have files; it cannot be "
    "combined with `around`. A page ends at `limit`, or earlier at about 1 MB of text; a last page "
    "may be empty.",
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
    has: Has = None,
) -> MessageList:
    user_id = request.user.user_id
    if cursor is not None:
        if (before, after, around) != (None, None, None):
            raise Invalid("give either cursor, or one of before, after and around", field="cursor")
        before, after = _parse_cursor(cursor)
    if has is Content.FILES:
        page = await _with_files(core, user_id, conversation_id, (before, after, around), limit)
    else:
        page = await chat.history(
            core, user_id, conversation_id, before=before, after=after, around=around, limit=limit
        )
    following = _cursor(page, after) if around is None else None
    return MessageList([message_body(each, user_id) for each in page.messages], following)


async def _with_files(
    core: Core,
    user_id: str,
    conversation_id: str,
    bounds: tuple[int | None, int | None, int | None],
    limit: int,
) -> HistoryPage:
    before, after, around = bounds
    if sum(each is not None for each in bounds) > 1 or around is not None:
        raise Invalid("with has, give only one of before and after", field="has")
    return await chat.with_files(
        core, user_id, conversation_id, before=before, after=after, limit=limit
    )


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
    *,
    kind: ConversationKind | None = None,
    state: RequestState | None = None,
    limit: int,
    cursor: str | None,
) -> ConversationList:
    """A page of conversations, or of message requests in a `state`. Raises `Invalid` (`cursor`)."""
    before = None if cursor is None else _parse_activity(cursor)
    views = await chat.conversations(
        core, user_id, before=before, limit=limit, kind=kind, request=state
    )
    peers = await accounts.users_by_id(core, [view.peer_id for view in views])
    bodies = [conversation_body(view, user_id, peers.get(view.peer_id)) for view in views]
    last = chat.next_before(views, limit)
    return ConversationList(bodies, f"{last.updated_at}.{last.id}" if last else None)


def _parse_activity(cursor: str) -> tuple[int, str]:
    updated_at, _, conversation_id = cursor.partition(".")
    if not is_id(conversation_id):
        raise no_cursor()
    return _number(updated_at), conversation_id


def _cursor(page: HistoryPage, after: int | None) -> str | None:
    """The cursor of the page that follows this page of messages, in the same direction."""
    if after is not None:
        return f"after.{page.messages[-1].seq}" if page.has_newer else None
    messages = page.messages
    return f"before.{messages[0].seq}" if messages and messages[0].seq > 1 else None


def _parse_cursor(cursor: str) -> tuple[int | None, int | None]:
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


class ChangedSettings(Strict, frozen=True):
    """Omitted fields keep their values. `muted_until` null ends the muting."""

    pinned: Annotated[bool, Meta(examples=[True])] | UnsetType = UNSET
    archived: Annotated[bool, Meta(examples=[False])] | UnsetType = UNSET
    marked_unread: Annotated[bool, Meta(examples=[False])] | UnsetType = UNSET
    muted_until: Moment | UnsetType | None = UNSET

    def patch(self) -> SettingsPatch:
        """The changes to make, with the time in milliseconds since 1970. Raises `Invalid`."""
        until = self.muted_until
        return SettingsPatch(
            pinned=self.pinned,
            archived=self.archived,
            marked_unread=self.marked_unread,
            muted_until=_milliseconds(until) if isinstance(until, datetime) else until,
        )


def _milliseconds(until: datetime) -> int:
    at = milliseconds(until)
    if at > LATEST:
        raise Invalid("muted_until must be before the year 10000, in UTC", field="muted_until")
    return max(0, at)


@patch(
    "/conversations/{conversation_id:str}/settings",
    summary="Change your settings for a conversation",
    description="Your other devices get a `conversation` event whose `change` is `settings`; the "
    "other user does not. The server only stores the settings: clients apply them when they "
    "sort and notify. Marking the conversation as read sets `marked_unread` to false.",
    responses=problems(401, 404, 429, body=True),
)
async def change_settings(
    request: StrictRequest,
    core: InjectedCore,
    conversation_id: ConversationId,
    data: JSONBody[ChangedSettings],
) -> SettingsBody:
    user_id = request.user.user_id
    settings = await chat.change_settings(core, user_id, conversation_id, data.patch())
    return settings_body(settings)


HANDLERS = [list_conversations, get_conversation, list_messages, mark_as_read, change_settings]
