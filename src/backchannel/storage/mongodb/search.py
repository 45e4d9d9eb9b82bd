"""Searching: a user's messages, or those of one conversation, are read from the newest on."""

import asyncio
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from backchannel.domain.errors import Invalid
from backchannel.domain.messages import Message
from backchannel.domain.search import EVERYTHING, SearchFilter, contains
from backchannel.ports.storage.messages import Found
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.documents import Document, MessageDocument, MessageKey
from backchannel.storage.mongodb.reader import (
    DESCENDING,
    PAST_THE_END,
    View,
    find_one,
    get_one,
    in_conversation,
)
from backchannel.storage.mongodb.schema import CONVERSATIONS, MESSAGES
from backchannel.storage.shared.checksummed_message import verified
from backchannel.storage.shared.methods import StorageMethods, reading
from backchannel.storage.shared.search import number_at_time, parts

PAGE = 200
"""Messages looked at in one step."""
MOST_PAGES = 25
MOST_CHARACTERS = 500_000
"""The characters that a search reads before it ends its page: some hundredths of a second."""


R = TypeVar("R", bound=Document)


class _Candidate(Document):
    id: MessageKey
    number: int
    size: int = 0


class _NumberAndTime(Document):
    id: MessageKey
    number: int
    created_at: int


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
    conversation_id: str | None = None,
    before: str | None = None,
    only: SearchFilter = EVERYTHING,
    limit: int,
) -> Found:
    """Implements `ports.storage.messages.Search`."""
    scope = await _scope(view, user_id, conversation_id, before, until=only.until)
    if scope is None:
        return Found((), None)
    found: list[Message] = []
    cursor, characters = None, 0
    for _ in range(MOST_PAGES):
        page = await _candidates(view, scope)
        all_older = len(page) > 0
        for part in parts(page):
            keys = [each.id for each in part]
            texts = await _texts(view, keys)
            matches = await asyncio.to_thread(_matches, texts, terms)
            requests = await _requests(view, user_id, keys)
            for text, matching in zip(texts, matches, strict=True):
                cursor = text.message_id
                scope = msgspec.structs.replace(scope, number=text.number, seq=text.id.seq)
                characters += len(text.body)
                all_older = all_older and only.is_older(text)
                if matching and only.admits(text) and text.id.conversation not in requests:
                    found.append(verified(text.original()))
                if len(found) == limit or characters > MOST_CHARACTERS:
                    return Found(tuple(found), cursor, characters)
        if all_older or len(page) < PAGE:
            return Found(tuple(found), None, characters)
    return Found(tuple(found), cursor, characters)


async def _scope(
    view: View,
    user_id: str,
    conversation_id: str | None,
    before: str | None,
    *,
    until: int | None,
) -> _Scope | None:
    """None if the user has nothing to search."""
    if conversation_id is not None:
        conversation = await get_one(view, CONVERSATIONS, conversation_id)
        if conversation is None or user_id not in conversation.members:
            return None
    whole = _Scope(user_id, conversation_id)
    if before is None:
        return whole if until is None else await _until(view, whole, until)
    cursor = await find_one(view, MESSAGES, {"message_id": before})
    if cursor is None or user_id not in cursor.members:
        raise Invalid("cursor must be the `next` of the previous page", field="cursor")
    return _Scope(user_id, conversation_id, cursor.number, cursor.id.seq)


async def _until(view: View, whole: _Scope, until: int) -> _Scope:
    """The scope without most of the messages that are newer."""

    async def last(before: int) -> _NumberAndTime | None:
        found = await _newest(view, _beginning_at(whole, before), _NumberAndTime)
        return found[0] if found else None

    async def created_at(number: int) -> int | None:
        found = await last(number + 1)
        return found.created_at if found else None

    newest = await last(PAST_THE_END)
    if newest is None:
        return whole
    end = newest.number if whole.conversation_id is None else newest.id.seq
    return _beginning_at(whole, await number_at_time(until, end + 1, created_at))


def _beginning_at(scope: _Scope, before: int) -> _Scope:
    """The scope with the messages before a number, or in a conversation before a `seq`."""
    if scope.conversation_id is None:
        return msgspec.structs.replace(scope, number=before)
    return msgspec.structs.replace(scope, seq=before)


async def _candidates(view: View, scope: _Scope) -> list[_Candidate]:
    """The next messages with a text, newest first."""
    return await _newest(view, scope, _Candidate, PAGE, deleted_at=None)


async def _newest(
    view: View, scope: _Scope, row: type[R], limit: int = 1, **only: object
) -> list[R]:
    if scope.conversation_id is None:
        scoped: dict[str, object] = {"members": scope.user_id, "number": {"$lt": scope.number}}
        order = [("number", DESCENDING)]
    else:
        scoped = {"_id": in_conversation(scope.conversation_id, before=scope.seq)}
        order = [("_id", DESCENDING)]
    return await view.rows(MESSAGES, row, {**scoped, **only}, order=order, limit=limit)


async def _requests(view: View, user_id: str, keys: Sequence[MessageKey]) -> set[str]:
    """The conversations of these messages that are message requests to the user."""
    ids = sorted({each.conversation for each in keys})
    query = {"_id": {"$in": ids}, "asked_id": user_id}
    return {each.id for each in await view.rows(CONVERSATIONS, Document, query)}


async def _texts(view: View, keys: Sequence[MessageKey]) -> list[MessageDocument]:
    found = await view.get(MESSAGES, keys)
    return sorted(found, key=lambda each: -each.number)


def _matches(texts: Sequence[MessageDocument], terms: Sequence[str]) -> list[bool]:
    return [each.deleted_at is None and contains(each.body, terms) for each in texts]


class SearchMethods(StorageMethods[MongoDatabase]):
    """Searching; `ports.storage.messages.Search` documents the method."""

    search = reading(search)
