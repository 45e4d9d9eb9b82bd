"""Pages of messages, bounded by what they hold as well as by their number (rule R13).

The sizes of many messages are read before the messages, so that none past the end of a page is.
"""

from collections.abc import Mapping, Sequence

from backchannel.domain.messages import BODY_LIMIT, Message
from backchannel.domain.pages import PAGE_BYTES, fitting
from backchannel.storage.mongodb.documents import Document, MessageDocument, Place
from backchannel.storage.mongodb.reader import ASCENDING, DESCENDING, Query, View, encoded
from backchannel.storage.mongodb.schema import MESSAGES
from backchannel.storage.shared.kept import verified

FEW = PAGE_BYTES // BODY_LIMIT
"""Messages that are read without a look at their sizes: they fit on a page, or nearly."""


class _Sized(Document):
    id: Place
    size: int = 0


async def page_of(
    view: View, query: Query, *, limit: int, newest_first: bool = False
) -> list[Message]:
    """The first messages that a query names, by their places, up to the one that fills a page."""
    order = [("_id", DESCENDING if newest_first else ASCENDING)]
    if limit <= FEW:
        found = await view.find(MESSAGES, query, order=order, limit=limit)
        return fitting([verified(each.original()) for each in found])
    sized = await view.rows(MESSAGES, _Sized, query, order=order, limit=limit)
    page = await messages_at(
        view, [each.id for each in sized], {each.id: each.size for each in sized}
    )
    return [each for each in page if each is not None]


async def documents_of(view: View, query: Query, *, limit: int) -> list[MessageDocument]:
    """Like `page_of`, oldest first, for a transaction that changes the messages."""
    order = [("_id", ASCENDING)]
    sized = await view.rows(MESSAGES, _Sized, query, order=order, limit=limit)
    sizes = {each.id: each.size for each in sized}
    page = [each for each in _fitting(list(sizes), sizes) if each]
    return sorted(await view.get(MESSAGES, page), key=lambda each: each.id.seq)


async def messages_at(
    view: View, places: Sequence[Place | None], sizes: Mapping[Place, int] | None = None
) -> list[Message | None]:
    """The messages in these places, up to the one that fills a page; None where there is none."""
    if sizes is None:
        sizes = await _sizes(view, [each for each in places if each is not None])
    page = _fitting(places, sizes)
    found = await view.get(MESSAGES, {each for each in page if each is not None})
    messages = {each.id: verified(each.original()) for each in found}
    # Some may have become longer, or were read without a look at their sizes.
    page = _fitting(page, {each.id: each.size for each in found})
    return [messages.get(each) if each else None for each in page]


async def _sizes(view: View, places: Sequence[Place]) -> dict[Place, int]:
    if len(places) <= FEW:
        return {}
    query = {"_id": {"$in": [encoded(each) for each in places]}}
    return {each.id: each.size for each in await view.rows(MESSAGES, _Sized, query)}


def _fitting(places: Sequence[Place | None], sizes: Mapping[Place, int]) -> list[Place | None]:
    room = PAGE_BYTES
    for count, place in enumerate(places, start=1):
        room -= sizes.get(place, 0) if place else 0
        if room <= 0:
            return list(places[:count])
    return list(places)
