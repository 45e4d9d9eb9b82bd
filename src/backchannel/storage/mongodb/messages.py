"""Reading messages, one by one or by page; pages are bounded by their contents too (rule R13).

The sizes of many messages are read before the messages, so that none past the end of a page is.
"""

from collections.abc import Mapping, Sequence

import msgspec

from backchannel.domain.files import FILES_PER_MESSAGE
from backchannel.domain.messages import BODY_LIMIT, PAGE_BYTES, Message, fitting
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.documents import Document, MessageDocument, MessageKey
from backchannel.storage.mongodb.reader import (
    ASCENDING,
    DESCENDING,
    PAST_THE_END,
    Query,
    View,
    encoded,
    find_one,
    get_one,
    in_conversation,
)
from backchannel.storage.mongodb.schema import ATTACHMENTS, MESSAGES
from backchannel.storage.shared.checksummed_message import verified
from backchannel.storage.shared.methods import StorageMethods, reading

FEW = PAGE_BYTES // BODY_LIMIT
"""Messages that are read without a check of their sizes: they fit on a page, or nearly."""


class _Sized(Document):
    id: MessageKey
    size: int = 0


class _Attached(msgspec.Struct, frozen=True):
    message: MessageKey


async def page_of(
    view: View, query: Query, *, limit: int, newest_first: bool = False
) -> list[Message]:
    """The first messages that a query names, by their keys, up to the one that fills a page."""
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
    view: View, keys: Sequence[MessageKey | None], sizes: Mapping[MessageKey, int] | None = None
) -> list[Message | None]:
    """The messages with these keys, up to the one that fills a page; None if there is none."""
    if sizes is None:
        sizes = await _sizes(view, [each for each in keys if each is not None])
    page = _fitting(keys, sizes)
    found = await view.get(MESSAGES, {each for each in page if each is not None})
    messages = {each.id: verified(each.original()) for each in found}
    # Some may have become longer, or were read without a check of their sizes.
    page = _fitting(page, {each.id: each.size for each in found})
    return [messages.get(each) if each else None for each in page]


async def _sizes(view: View, keys: Sequence[MessageKey]) -> dict[MessageKey, int]:
    if len(keys) <= FEW:
        return {}
    query = {"_id": {"$in": [encoded(each) for each in keys]}}
    return {each.id: each.size for each in await view.rows(MESSAGES, _Sized, query)}


def _fitting(
    keys: Sequence[MessageKey | None], sizes: Mapping[MessageKey, int]
) -> list[MessageKey | None]:
    room = PAGE_BYTES
    for count, key in enumerate(keys, start=1):
        room -= sizes.get(key, 0) if key else 0
        if room <= 0:
            return list(keys[:count])
    return list(keys)


async def read_message(view: View, conversation_id: str, seq: int) -> Message | None:
    """The message with that number, if there is one."""
    return _message(await get_one(view, MESSAGES, MessageKey(conversation_id, seq)))


async def read_message_by_id(view: View, message_id: str) -> Message | None:
    """The message with this id; None if there is none."""
    return _message(await find_one(view, MESSAGES, {"message_id": message_id}))


async def read_history(
    view: View,
    conversation_id: str,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int,
    with_files: bool = False,
) -> list[Message]:
    """A page of a conversation, as `ports.storage.Messages.history` specifies."""
    end = PAST_THE_END if before is None else before
    keys = in_conversation(conversation_id, after=after or 0, before=end)
    newest_first = after is None
    if with_files:
        page = await _with_files(view, keys, limit=limit, newest_first=newest_first)
    else:
        page = await page_of(view, {"_id": keys}, limit=limit, newest_first=newest_first)
    return page[::-1] if newest_first else page


async def _with_files(view: View, keys: Query, *, limit: int, newest_first: bool) -> list[Message]:
    """The first messages among these that have files."""
    order = [("message", DESCENDING if newest_first else ASCENDING)]
    found = await view.rows(
        ATTACHMENTS, _Attached, {"message": keys}, order=order, limit=limit * FILES_PER_MESSAGE
    )
    named = list(dict.fromkeys(each.message for each in found))[:limit]
    return [each for each in await messages_at(view, named) if each is not None]


async def read_undeleted(
    view: View, conversation_id: str, *, before: int | None, limit: int
) -> list[Message]:
    """Implements `ports.storage.Messages.undeleted`."""
    end = PAST_THE_END if before is None else before
    query = {"_id": in_conversation(conversation_id, before=end), "deleted_at": None}
    return (await page_of(view, query, limit=limit, newest_first=True))[::-1]


def _message(document: MessageDocument | None) -> Message | None:
    return None if document is None else verified(document.original())


class MessageMethods(StorageMethods[MongoDatabase]):
    """Reading messages; `ports.storage.Messages` documents the methods."""

    message = reading(read_message)
    message_by_id = reading(read_message_by_id)
    history = reading(read_history)
    undeleted = reading(read_undeleted)
