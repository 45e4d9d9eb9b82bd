"""Search over a user's messages: the best matches, or all of them, newest first."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from backchannel.budgets.threads import in_thread
from backchannel.chat.conversations import conversation
from backchannel.chat.core import Core
from backchannel.domain.errors import Invalid
from backchannel.domain.messages import Message
from backchannel.domain.search import (
    EVERYTHING,
    SearchFilter,
    Snippet,
    relevance,
    snippet,
    terms_of,
)
from backchannel.ports.storage.messages import Found

PAGE = 20
"""Hits on a page, unless asked otherwise."""
PAGE_LIMIT = 50
"""Most of them on one page."""
RANKED = 500
"""The number of newest matches that are ranked."""


class Order(StrEnum):
    RELEVANCE = "relevance"
    NEWEST = "newest"


class Hit(msgspec.Struct, frozen=True):
    """A message as it is now, and the part of it that matches."""

    message: Message
    snippet: Snippet


class Hits(msgspec.Struct, frozen=True):
    """`next` is the `cursor` of the next page, None on the last one."""

    hits: list[Hit]
    next: str | None


async def search(  # noqa: PLR0913 - the request's parameters
    core: Core,
    user_id: str,
    query: str,
    *,
    conversation_id: str | None = None,
    only: SearchFilter = EVERYTHING,
    order: Order = Order.RELEVANCE,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Hits:
    """The user's messages that contain all words of `query`, as they are now (R7, S11).

    Only those that `only` admits. Sorted by relevance, there is one page: the best of the newest
    `RANKED` matches. Raises `Invalid`, `NotFound` (a conversation that is not the user's),
    `Throttled` and `Overloaded`.
    """
    terms = terms_of(query)
    if not 1 <= limit <= PAGE_LIMIT:
        raise Invalid(f"limit must be between 1 and {PAGE_LIMIT}", field="limit")
    if cursor is not None and order is Order.RELEVANCE:
        raise Invalid("cursor is only allowed with order=newest", field="cursor")
    await core.throttle.admit(f"search:user:{user_id}")
    if conversation_id is not None:
        await conversation(core, user_id, conversation_id)
    most = limit if order is Order.NEWEST else RANKED
    async with core.read_limits.search(user_id):
        found = await core.storage.search(
            user_id,
            terms,
            conversation_id=conversation_id,
            before=cursor,
            only=only,
            limit=most,
        )
        core.read_limits.charge_search(user_id, found.characters)
        # Ranking and cutting texts takes some hundredths of a second: too long for the loop.
        return await in_thread(lambda: _hits(found, terms, order, limit))


def _hits(found: Found, terms: Sequence[str], order: Order, limit: int) -> Hits:
    messages, following = found.messages, found.next
    if order is Order.RELEVANCE:
        # The sort is stable: of two that are as good, the newer one stays first.
        ranked = sorted(messages, key=lambda each: -relevance(each.body, terms))
        messages, following = tuple(ranked[:limit]), None
    return Hits([Hit(each, snippet(each.body, terms)) for each in messages], following)
