"""Receipts: positions that devices acknowledge, messages that users read, and their marks."""

from collections.abc import Iterable, Sequence

import msgspec

from backchannel.domain.events import Event, EventKind, EventPayload
from backchannel.ports.storage import Acknowledgement, ReadMark
from backchannel.storage.mongodb import settings
from backchannel.storage.mongodb.account_documents import UserDocument
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.documents import (
    ConversationDocument,
    Document,
    EntryKey,
    MessageKey,
)
from backchannel.storage.mongodb.log_writer import LogWriter
from backchannel.storage.mongodb.reader import ASCENDING, Query, between
from backchannel.storage.mongodb.schema import CONVERSATIONS, LOG, LOGINS, MESSAGES, USERS
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.methods import StorageMethods, writing

Reading = tuple[ConversationDocument, str]
"""A conversation and one of its members."""


class _Received(Document):
    """The last message of the other member that a reader's devices have received."""

    id: str
    seq: int


class _Count(msgspec.Struct):
    messages: int


async def acknowledge(
    transaction: Transaction, acknowledgements: Sequence[Acknowledgement]
) -> list[Event]:
    """Move positions forward, as `ports.storage.Messages.acknowledge` specifies."""
    found = await transaction.get(USERS, {each.user_id for each in acknowledgements})
    users = {user.id: user for user in found}
    logins = await transaction.get(LOGINS, {each.login_id for each in acknowledgements})
    devices = {(login.id, login.user_id): login for login in logins}
    furthest: dict[str, int] = {}
    for each in acknowledgements:
        user = users.get(each.user_id)
        if user is None:
            continue
        position = min(each.position, user.position)
        furthest[user.id] = max(position, furthest.get(user.id, 0))
        if (device := devices.get((each.login_id, each.user_id))) is not None:
            device.position = max(device.position, position)
    ahead = [users[each] for each, at in furthest.items() if at > users[each].delivered_position]
    received: list[tuple[str, MessageKey]] = []
    for user in sorted(ahead, key=lambda each: each.id):
        keys = await _received(transaction, user, furthest[user.id])
        received += [(user.id, key) for key in keys]
        user.delivered_position = furthest[user.id]
    at = max((each.at for each in acknowledgements), default=0)
    return await _move_delivered(transaction, received, at)


async def _received(transaction: Transaction, user: UserDocument, upto: int) -> list[MessageKey]:
    """The last messages of others that the user's devices have received, by conversation."""
    entries = between(EntryKey(user.id, user.delivered_position), EntryKey(user.id, upto + 1))
    pipeline: list[Query] = [
        {"$match": {"_id": entries, "kind": EventKind.MESSAGE.value, "own": False}},
        {"$group": {"_id": "$message.conversation", "seq": {"$max": "$message.seq"}}},
        {"$sort": {"_id": ASCENDING}},
    ]
    found = await transaction.aggregate(LOG, _Received, pipeline)
    return [MessageKey(each.id, each.seq) for each in found]


async def _move_delivered(
    transaction: Transaction, received: Sequence[tuple[str, MessageKey]], at: int
) -> list[Event]:
    found = await _conversations(transaction, [key.conversation for _, key in received])
    moved: list[Reading] = []
    for user_id, key in received:
        conversation = found.get(key.conversation)
        if conversation is None or user_id not in conversation.members:
            continue
        marks = conversation.marks_of(user_id)
        if key.seq > marks.delivered_seq:
            marks.delivered_seq = key.seq
            moved.append((conversation, user_id))
    return await _notify_members(transaction, moved, at=at, to_reader=False)


async def mark_read(transaction: Transaction, marks: Sequence[ReadMark]) -> list[Event]:
    """Move read marks forward, as `ports.storage.Messages.mark_read` specifies."""
    asked: dict[tuple[str, str], int] = {}
    for mark in marks:
        key = mark.user_id, mark.conversation_id
        asked[key] = max(mark.seq, asked.get(key, 0))
    found = await _conversations(transaction, [conversation_id for _, conversation_id in asked])
    moved: list[Reading] = []
    marked: list[Reading] = []
    for (user_id, conversation_id), seq in asked.items():
        conversation = found.get(conversation_id)
        if conversation is None or user_id not in conversation.members:
            continue
        if conversation.asked_id == user_id:
            continue  # a message request stays unread until it is accepted
        if settings.end_marked_unread(conversation.marks_of(user_id)):
            marked.append((conversation, user_id))
        target = min(seq, conversation.last_seq)
        if target > conversation.marks_of(user_id).read_seq:
            await _read(transaction, conversation, user_id, target)
            moved.append((conversation, user_id))
    events = await settings.notify_members(transaction, marked)
    at = max((mark.at for mark in marks), default=0)
    return [*events, *await _notify_members(transaction, moved, at=at, to_reader=True)]


async def _read(
    transaction: Transaction, conversation: ConversationDocument, user_id: str, target: int
) -> None:
    """Move the marks; for a user who has not read to the end, the newly read ones are counted."""
    marks = conversation.marks_of(user_id)
    if target == conversation.last_seq:
        marks.read_count = conversation.count_of(conversation.peer_of(user_id))
    else:
        low, high = (
            MessageKey(conversation.id, marks.read_seq),
            MessageKey(conversation.id, target + 1),
        )
        query = {"_id": between(low, high), "sender_id": {"$ne": user_id}, "deleted_at": None}
        counted: list[Query] = [{"$match": query}, {"$count": "messages"}]
        marks.read_count += sum(
            each.messages for each in await transaction.aggregate(MESSAGES, _Count, counted)
        )
    marks.read_seq = target
    marks.delivered_seq = max(marks.delivered_seq, target)


async def _notify_members(
    transaction: Transaction, moved: Sequence[Reading], *, at: int, to_reader: bool
) -> list[Event]:
    """Notify members of the marks as they are now; during a block, only the reader."""
    users = {each for conversation, _ in moved for each in conversation.members}
    logs = await LogWriter.open(transaction, users)
    events: list[Event] = []
    for conversation, user_id in moved:
        told_at = max(at, conversation.updated_at)
        own = EventPayload(EventKind.RECEIPT, conversation.receipt(user_id))
        if to_reader:
            events += logs.add(user_id, own, at=told_at)
        events += notify_peer(logs, conversation, user_id, at=told_at, own=own)
    return events


def notify_peer(
    logs: LogWriter,
    conversation: ConversationDocument,
    user_id: str,
    *,
    at: int,
    own: EventPayload | None = None,
) -> list[Event]:
    """Notify the other member of this one's marks, if any of them is new and may be known.

    `own` is the event for this member, so that an equal one is encoded once.
    """
    if conversation.is_restricted:
        return []
    users = (logs.users.get(each) for each in conversation.members)
    hidden = any(user is not None and user.hides_receipts for user in users)
    if not conversation.marks_of(user_id).update_told(hidden=hidden):
        return []
    receipt = conversation.receipt_for_peer(user_id)
    payload = own if own and own.content == receipt else EventPayload(EventKind.RECEIPT, receipt)
    return logs.add(conversation.peer_of(user_id), payload, at=at)


async def _conversations(
    transaction: Transaction, ids: Iterable[str]
) -> dict[str, ConversationDocument]:
    return {each.id: each for each in await transaction.get(CONVERSATIONS, set(ids))}


class ReceiptMethods(StorageMethods[MongoDatabase]):
    """Positions and marks; `ports.storage.Messages` documents the methods."""

    acknowledge = writing(acknowledge)
    mark_read = writing(mark_read)
