"""Reading the users' logs, and forgetting old entries."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import msgspec

from backchannel.domain.conversations import Receipt
from backchannel.domain.errors import NotFound
from backchannel.domain.events import (
    ConversationChange,
    Event,
    EventKind,
    EventPayload,
    LogHead,
    ProfileChange,
)
from backchannel.domain.messages import Message
from backchannel.ports.storage import LogPage, LogState
from backchannel.storage.mongodb.account_documents import UserDocument
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.documents import Document, EntryDocument, EntryKey
from backchannel.storage.mongodb.messages import messages_at
from backchannel.storage.mongodb.reader import ASCENDING, PAST_THE_END, View, between, get_one
from backchannel.storage.mongodb.schema import LOG, USERS
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.methods import StorageMethods, reading, using_database

AT_ONCE = 100
"""Users whose logs are changed in one transaction, so that other writes do not wait long for it."""
MOST_ENTRIES = 2_000
"""The most entries deleted in one transaction."""

_CONTENTS: dict[EventKind, msgspec.json.Decoder[Any]] = {
    EventKind.RECEIPT: msgspec.json.Decoder(Receipt),
    EventKind.CONVERSATION: msgspec.json.Decoder(ConversationChange),
    EventKind.PROFILE: msgspec.json.Decoder(ProfileChange),
}


class _Moment(Document):
    id: EntryKey
    at: int


async def read_log(view: View, user_id: str, *, after: int, limit: int) -> LogPage:
    """A page of a user's log and its head; implements `ports.storage.Messages.log`."""
    while True:
        user = await _user(view, user_id)
        start = max(after, user.floor)
        page = {"_id": between(EntryKey(user_id, start), EntryKey(user_id, user.position + 1))}
        order = [("_id", ASCENDING)]
        entries = await view.find(LOG, page, order=order, limit=limit)
        if not entries or entries[0].id.position == start + 1:
            break
        if user.floor == (await _user(view, user_id)).floor:
            break
        # It was trimmed just now.
    messages = await messages_at(view, [each.message for each in entries])
    return LogPage(tuple(_events(user_id, entries, messages)), _head(user))


def _events(
    user_id: str, entries: Iterable[EntryDocument], messages: Iterable[Message | None]
) -> Iterator[Event]:
    """The entries with their messages, up to the first one without: the page is full there."""
    for entry, message in zip(entries, messages, strict=False):
        kind = EventKind(entry.kind)
        content = message if entry.data is None else _CONTENTS[kind].decode(entry.data)
        if content is None:
            return  # the message was erased just now
        yield Event(user_id, entry.id.position, EventPayload(kind, content))


async def read_heads(view: View, user_ids: Sequence[str]) -> dict[str, LogHead]:
    """The heads of the logs of those users that exist."""
    return {user.id: _head(user) for user in await view.get(USERS, user_ids)}


async def read_log_state(view: View, user_id: str) -> LogState:
    """Raises `NotFound` for an unknown user."""
    user = await _user(view, user_id)
    return LogState(_head(user), user.delivered_position)


async def trim_logs(database: MongoDatabase, *, before: int, keep: int) -> int:
    """Forget old entries; implements `ports.storage.Messages.trim_logs`."""
    total = 0
    after: str | None = ""
    while after is not None:
        gone, after = await database.write(
            partial(trim_page, after=after, before=before, keep=keep)
        )
        total += gone
    return total


async def trim_page(
    transaction: Transaction, *, after: str, before: int, keep: int
) -> tuple[int, str | None]:
    """Trim the logs of some users past the id `after`.

    Returns the number of deleted entries and the id to continue after, None at the end.
    """
    page = await _page(transaction, after)
    gone, done = 0, after
    for user in page:
        wanted = min(await _wanted_floor(transaction, user, before, keep), user.delivered_position)
        floor = min(wanted, user.floor + MOST_ENTRIES - gone)
        if floor > user.floor:
            gone += floor - user.floor
            old = between(EntryKey(user.id, -1), EntryKey(user.id, floor + 1))
            transaction.cut(LOG, {"_id": old})
            user.floor = floor
        if floor < wanted:
            return gone, done  # the rest of it comes next
        done = user.id
    return gone, _last_of(page)


async def begin_epochs(database: MongoDatabase) -> int:
    """Give every log a new epoch, a page at a time; returns the number of logs."""
    total = 0
    after: str | None = ""
    while after is not None:
        begun, after = await database.write(partial(_begin_page, after=after))
        total += begun
    return total


async def _begin_page(transaction: Transaction, *, after: str) -> tuple[int, str | None]:
    """Give some logs past a user's id a new epoch; their number, and the id to continue after."""
    page = await _page(transaction, after)
    for user in page:
        user.epoch = secrets.token_hex(8)
    return len(page), _last_of(page)


async def _page(transaction: Transaction, after: str) -> list[UserDocument]:
    order = [("_id", ASCENDING)]
    return await transaction.find(USERS, {"_id": {"$gt": after}}, order=order, limit=AT_ONCE)


def _last_of(page: Sequence[UserDocument]) -> str | None:
    return page[-1].id if len(page) == AT_ONCE else None


async def _wanted_floor(
    transaction: Transaction, user: UserDocument, before: int, keep: int
) -> int:
    """The position up to which entries are too old, whatever the clock did, or too many."""
    entries = between(EntryKey(user.id, user.floor), EntryKey(user.id, PAST_THE_END))
    query = {"_id": entries, "at": {"$gte": before}}
    recent = await transaction.rows(LOG, _Moment, query, order=[("_id", ASCENDING)], limit=1)
    old = recent[0].id.position - 1 if recent else user.position
    return max(old, user.position - keep)


async def _user(view: View, user_id: str) -> UserDocument:
    found = await get_one(view, USERS, user_id)
    if found is None:
        raise NotFound("user not found")
    return found


def _head(user: UserDocument) -> LogHead:
    return LogHead(user.position, user.epoch, user.floor)


class LogMethods(StorageMethods[MongoDatabase]):
    """The logs; `ports.storage.Messages` documents the methods."""

    log = reading(read_log)
    heads = reading(read_heads)
    log_state = reading(read_log_state)
    trim_logs = using_database(trim_logs)
    begin_epochs = using_database(begin_epochs)
