"""Search over one's own messages: the best ones, or all of them, the newest first."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from backchannel.chat.conversations import conversation
from backchannel.chat.core import Core
from backchannel.domain.errors import Invalid
from backchannel.domain.messages import Message
from backchannel.domain.relevance import relevance
from backchannel.domain.search import terms_of
from backchannel.domain.snippets import Snippet, snippet

PAGE = 20
"""Hits on a page, unless asked otherwise."""
PAGE_LIMIT = 50
"""Most of them on one page."""
RANKED = 500
"""How many of the newest matches are ranked."""


class Order(StrEnum):
    RELEVANCE = "relevance"
    NEWEST = "newest"


class Hit(msgspec.Struct, frozen=True):
    """A message as it is now, and the part of it that was looked for."""

    message: Message
    snippet: Snippet


class Hits(msgspec.Struct, frozen=True):
    """`next` is the `cursor` of the next page, None on the last one."""

    hits: list[Hit]
    next: str | None


async def search(
    core: Core,
    user_id: str,
    query: str,
    *,
    conversation_id: str | None = None,
    order: Order = Order.RELEVANCE,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Hits:
    """Messages of one's own that contain all words of `query`, as they are now (R7, S11).

    By relevance there is one page: the best of the newest `RANKED` matches. Raises `Invalid`,
    `NotFound` (a conversation that is not one's own) and `Throttled`.
    """
    terms = terms_of(query)
    if not 1 <= limit <= PAGE_LIMIT:
        raise Invalid(f"limit must lie between 1 and {PAGE_LIMIT}", field="limit")
    if cursor is not None and order is Order.RELEVANCE:
        raise Invalid("cursor goes with the order newest only", field="cursor")
    await core.throttle.admit(f"search:user:{user_id}")
    if conversation_id is not None:
        await conversation(core, user_id, conversation_id)
    most = limit if order is Order.NEWEST else RANKED
    found = await core.storage.search(
        user_id, terms, conversation_id=conversation_id, before=cursor, limit=most
    )
    if order is Order.NEWEST:
        return Hits(_hits(found.messages, terms), found.next)
    # The sort is stable: of two that are as good, the newer one stays first.
    best = sorted(found.messages, key=lambda each: -relevance(each.body, terms))
    return Hits(_hits(best[:limit], terms), None)


def _hits(messages: Iterable[Message], terms: Sequence[str]) -> list[Hit]:
    return [Hit(message, snippet(message.body, terms)) for message in messages]
