"""Searching: a user's messages, or those of one conversation, are read from the newest on."""

import asyncio
from collections.abc import Iterator, Sequence

import msgspec

from backchannel.domain.errors import Invalid
from backchannel.domain.messages import Message
from backchannel.domain.search import contains
from backchannel.ports.search import Found
from backchannel.storage.mongodb.documents import Document, MessageDocument, Place
from backchannel.storage.mongodb.reader import (
    DESCENDING,
    PAST_THE_END,
    View,
    find_one,
    get_one,
    in_conversation,
)
from backchannel.storage.mongodb.schema import CONVERSATIONS, MESSAGES
from backchannel.storage.shared.kept import verified

PAGE = 200
"""Messages looked at in one step."""
TEXTS_BYTES = 1 << 18
"""Bytes of text read at a time: decoding them keeps the event loop for a millisecond or two."""
MOST_PAGES = 25
MOST_CHARACTERS = 500_000
"""The characters that a search reads before it ends its page: some hundredths of a second."""


class _Candidate(Document):
    id: Place
    number: int
    size: int = 0


class _Scope(msgspec.Struct, frozen=True):
    """The messages to search: of a user, in a conversation, before a message."""

    user_id: str
    conversation_id: str | None
    number: int = PAST_THE_END
    seq: int = PAST_THE_END


async def search(
    view: View,
    user_id: str,
    terms: Sequence[str],
    *,
    conversation_id: str | None,
    before: str | None,
    limit: int,
) -> Found:
    """Implements `ports.search.Search`."""
    scope = await _scope(view, user_id, conversation_id, before)
    if scope is None:
        return Found((), None)
    found: list[Message] = []
    cursor, characters = None, 0
    for _ in range(MOST_PAGES):
        page = await _candidates(view, scope)
        for part in _parts(page):
            texts = await _texts(view, part)
            matches = await asyncio.to_thread(_matches, texts, terms)
            for text, matching in zip(texts, matches, strict=True):
                cursor = text.message_id
                scope = msgspec.structs.replace(scope, number=text.number, seq=text.id.seq)
                characters += len(text.body)
                if matching:
                    found.append(verified(text.original()))
                if len(found) == limit or characters > MOST_CHARACTERS:
                    return Found(tuple(found), cursor, characters)
        if len(page) < PAGE:
            return Found(tuple(found), None, characters)
    return Found(tuple(found), cursor, characters)


async def _scope(
    view: View, user_id: str, conversation_id: str | None, before: str | None
) -> _Scope | None:
    """None where the user has nothing to search."""
    if conversation_id is not None:
        conversation = await get_one(view, CONVERSATIONS, conversation_id)
        if conversation is None or user_id not in conversation.members:
            return None
    if before is None:
        return _Scope(user_id, conversation_id)
    cursor = await find_one(view, MESSAGES, {"message_id": before})
    if cursor is None or user_id not in cursor.members:
        raise Invalid("cursor must be the next of the page before", field="cursor")
    return _Scope(user_id, conversation_id, cursor.number, cursor.id.seq)


async def _candidates(view: View, scope: _Scope) -> list[_Candidate]:
    """The next messages with a text, newest first."""
    if scope.conversation_id is None:
        place: dict[str, object] = {"members": scope.user_id, "number": {"$lt": scope.number}}
        order = [("number", DESCENDING)]
    else:
        place = {"_id": in_conversation(scope.conversation_id, before=scope.seq)}
        order = [("_id", DESCENDING)]
    query = {**place, "deleted_at": None}
    return await view.rows(MESSAGES, _Candidate, query, order=order, limit=PAGE)


def _parts(page: Sequence[_Candidate]) -> Iterator[list[Place]]:
    """The places of candidates whose texts may be read together."""
    part: list[Place] = []
    size = 0
    for candidate in page:
        part.append(candidate.id)
        size += candidate.size
        if size >= TEXTS_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


async def _texts(view: View, places: Sequence[Place]) -> list[MessageDocument]:
    found = await view.get(MESSAGES, places)
    return sorted(found, key=lambda each: -each.number)


def _matches(texts: Sequence[MessageDocument], terms: Sequence[str]) -> list[bool]:
    return [each.deleted_at is None and contains(each.body, terms) for each in texts]
