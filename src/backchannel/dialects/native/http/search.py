"""Search in the messages of a user."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.params import QueryParameter
from msgspec import Meta

from backchannel.chat import search as chat
from backchannel.chat.search import PAGE, PAGE_LIMIT, Hit, Order
from backchannel.dialects.native.bodies import Id, Seq, Time
from backchannel.dialects.native.http.pages import Next
from backchannel.dialects.native.http.parameters import Cursor
from backchannel.dialects.native.http.problems import problems
from backchannel.dialects.shared.docs.samples import shown
from backchannel.dialects.shared.requests import InjectedCore, StrictRequest
from backchannel.domain.search import QUERY_LIMIT
from backchannel.domain.times import iso


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


@get(
    "/search",
    summary="Search your messages",
    description="Messages that contain all words of `q`, also inside longer words, whatever the "
    'case and accents; `"several words"` must stand together. Deleted messages and earlier '
    "texts are never found. `relevance` gives one page with the best recent matches; `newest` "
    "goes on to the oldest.",
    responses=problems(401, 404, 429),
)
async def search_messages(
    request: StrictRequest,
    core: InjectedCore,
    q: Annotated[
        str,
        QueryParameter(
            min_length=1,
            max_length=QUERY_LIMIT,
            description="What to look for",
            examples=shown("lunch"),
        ),
    ],
    conversation_id: Annotated[
        str | None, QueryParameter(description="Look in this conversation only")
    ] = None,
    order: Annotated[Order, QueryParameter(description="What comes first")] = Order.RELEVANCE,
    limit: Annotated[
        int,
        QueryParameter(ge=1, le=PAGE_LIMIT, description="The most items on the page"),
    ] = PAGE,
    cursor: Cursor = None,
) -> HitList:
    page = await chat.search(
        core,
        request.user.user_id,
        q,
        conversation_id=conversation_id,
        order=order,
        cursor=cursor,
        limit=limit,
    )
    return HitList([_hit_body(hit) for hit in page.hits], page.next)


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
