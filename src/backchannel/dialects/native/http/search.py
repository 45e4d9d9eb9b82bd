"""Search in the messages of a user."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from litestar import get
from litestar.params import QueryParameter
from msgspec import Meta

from backchannel.chat import search as chat
from backchannel.chat.search import PAGE, PAGE_LIMIT, Hit, Order
from backchannel.dialects.native.bodies import Id, Seq, Time
from backchannel.dialects.native.http.parameters import Cursor, Next
from backchannel.dialects.native.http.problems import problems
from backchannel.domain.errors import Invalid
from backchannel.domain.search import QUERY_LIMIT, SearchFilter
from backchannel.domain.times import iso, milliseconds
from backchannel.http.docs.samples import shown
from backchannel.http.requests import InjectedCore, StrictRequest


class SnippetBody(msgspec.Struct, frozen=True):
    """A part of the message, to be shown as plain text, and what to highlight in it."""

    text: Annotated[str, Meta(examples=["Lunch at noon?"])]
    highlights: Annotated[
        list[Annotated[list[int], Meta(min_length=2, max_length=2)]],
        Meta(
            description="Beginning and end of each match, in UTF-16 code units, in order",
            examples=[[[0, 5]]],
        ),
    ]


class HitBody(msgspec.Struct, frozen=True):
    """A message that matches. Read `messages?around=seq` of its conversation to open it."""

    conversation_id: Id
    seq: Seq
    id: Id
    sender_id: Id
    created_at: Time
    snippet: SnippetBody


class HitList(msgspec.Struct, frozen=True):
    """A page of matches. It may be empty even if there is a next page."""

    items: list[HitBody]
    next: Next


class Kind(StrEnum):
    """A property of a message besides its text."""

    FILES = "files"
    LINKS = "links"


Words = Annotated[
    str,
    QueryParameter(
        min_length=1,
        max_length=QUERY_LIMIT,
        description="The words to find",
        examples=shown("lunch"),
    ),
]
InConversation = Annotated[str | None, QueryParameter(description="Look in this conversation only")]
Sender = Annotated[
    str | None, QueryParameter(description="Only messages of this user: an id or a username")
]
Has = Annotated[Kind | None, QueryParameter(description="Only messages with files, or with links")]
Since = Annotated[
    datetime | None, QueryParameter(description="Only messages of this time or later")
]
Until = Annotated[datetime | None, QueryParameter(description="Only messages before this time")]
Sorting = Annotated[Order, QueryParameter(description="The order of the hits")]
HitLimit = Annotated[
    int, QueryParameter(ge=1, le=PAGE_LIMIT, description="The maximum number of items on the page")
]


@get(
    "/search",
    summary="Search your messages",
    description="Messages that contain all words of `q`, also inside longer words, whatever the "
    'case and accents; `"several words"` must appear together. Deleted messages and earlier '
    "texts are never found. `relevance` gives one page with the best recent matches; `newest` "
    "goes on to the oldest; a page may be empty, so read on until `next` is null.",
    responses=problems(401, 404, 429),
)
async def search_messages(  # noqa: PLR0913, PLR0917 - the request's parameters
    request: StrictRequest,
    core: InjectedCore,
    q: Words,
    conversation_id: InConversation = None,
    sender: Sender = None,
    has: Has = None,
    since: Since = None,
    until: Until = None,
    order: Sorting = Order.RELEVANCE,
    limit: HitLimit = PAGE,
    cursor: Cursor = None,
) -> HitList:
    only = SearchFilter(
        sender_id=None if sender is None else await core.directory.find_id(sender, field="sender"),
        since=_milliseconds(since, field="since"),
        until=_milliseconds(until, field="until"),
        with_files=has is Kind.FILES,
        with_links=has is Kind.LINKS,
    )
    page = await chat.search(
        core,
        request.user.user_id,
        q,
        conversation_id=conversation_id,
        only=only,
        order=order,
        cursor=cursor,
        limit=limit,
    )
    return HitList([_hit_body(hit) for hit in page.hits], page.next)


def _milliseconds(moment: datetime | None, *, field: str) -> int | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise Invalid(f"{field} needs a time zone, as in 2026-05-04T00:00:00Z", field=field)
    return milliseconds(moment)


def _hit_body(hit: Hit) -> HitBody:
    message = hit.message
    highlights = [[span.start, span.end] for span in hit.snippet.highlights]
    return HitBody(
        conversation_id=message.conversation_id,
        seq=message.seq,
        id=message.id,
        sender_id=message.sender_id,
        created_at=iso(message.created_at),
        snippet=SnippetBody(hit.snippet.text, highlights),
    )


HANDLERS = [search_messages]
