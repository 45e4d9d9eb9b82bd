"""The members' marks: what their devices have acknowledged, and what they have read."""

from collections.abc import Iterable, Sequence

import msgspec

from backchannel.domain.events import Event, EventKind, Fact
from backchannel.ports.storage import Acknowledgement, ReadMark
from backchannel.storage.mongodb import settings
from backchannel.storage.mongodb.account_documents import UserDocument
from backchannel.storage.mongodb.documents import ConversationDocument, Document, Entry, Place
from backchannel.storage.mongodb.ledger import Ledger
from backchannel.storage.mongodb.reader import ASCENDING, Query, between
from backchannel.storage.mongodb.schema import CONVERSATIONS, LOG, LOGINS, MESSAGES, USERS
from backchannel.storage.mongodb.staging import Transaction

Reading = tuple[ConversationDocument, str]
"""A conversation and one of its members."""


class _Received(Document):
    """Up to where a reader's devices have got the other's messages in one conversation."""

    id: str
    seq: int


class _Count(msgspec.Struct):
    messages: int


async def acknowledge(
    transaction: Transaction, acknowledgements: Sequence[Acknowledgement]
) -> list[Event]:
    """Move positions forward, as `ports.storage.Messages.acknowledge` promises."""
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
    received: list[tuple[str, Place]] = []
    for user in sorted(ahead, key=lambda each: each.id):
        places = await _received(transaction, user, furthest[user.id])
        received += [(user.id, place) for place in places]
        user.delivered_position = furthest[user.id]
    return await _move_delivered(transaction, received)


async def _received(transaction: Transaction, user: UserDocument, upto: int) -> list[Place]:
    """The last messages of others that the user's devices have received, by conversation."""
    stretch = between(Entry(user.id, user.delivered_position), Entry(user.id, upto + 1))
    pipeline: list[Query] = [
        {"$match": {"_id": stretch, "kind": EventKind.MESSAGE.value, "own": False}},
        {"$group": {"_id": "$place.conversation", "seq": {"$max": "$place.seq"}}},
        {"$sort": {"_id": ASCENDING}},
    ]
    found = await transaction.aggregate(LOG, _Received, pipeline)
    return [Place(each.id, each.seq) for each in found]


async def _move_delivered(
    transaction: Transaction, received: Sequence[tuple[str, Place]]
) -> list[Event]:
    found = await _conversations(transaction, [place.conversation for _, place in received])
    moved: list[Reading] = []
    for user_id, place in received:
        conversation = found.get(place.conversation)
        if conversation is None or user_id not in conversation.members:
            continue
        marks = conversation.marks_of(user_id)
        if place.seq > marks.delivered_seq:
            marks.delivered_seq = place.seq
            moved.append((conversation, user_id))
    return await _tell(transaction, moved, to_reader=False)


async def mark_read(transaction: Transaction, marks: Sequence[ReadMark]) -> list[Event]:
    """Move read marks forward, as `ports.storage.Messages.mark_read` promises."""
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
        if settings.end_marked_unread(conversation.marks_of(user_id)):
            marked.append((conversation, user_id))
        target = min(seq, conversation.last_seq)
        if target > conversation.marks_of(user_id).read_seq:
            await _read(transaction, conversation, user_id, target)
            moved.append((conversation, user_id))
    events = await settings.tell(transaction, marked)
    return [*events, *await _tell(transaction, moved, to_reader=True)]


async def _read(
    transaction: Transaction, conversation: ConversationDocument, user_id: str, target: int
) -> None:
    """Move the marks; for a user who has not read to the end, the newly read ones are counted."""
    marks = conversation.marks_of(user_id)
    if target == conversation.last_seq:
        marks.read_count = conversation.count_of(conversation.peer_of(user_id))
    else:
        low, high = Place(conversation.id, marks.read_seq), Place(conversation.id, target + 1)
        query = {"_id": between(low, high), "sender_id": {"$ne": user_id}, "deleted_at": None}
        counted: list[Query] = [{"$match": query}, {"$count": "messages"}]
        marks.read_count += sum(
            each.messages for each in await transaction.aggregate(MESSAGES, _Count, counted)
        )
    marks.read_seq = target
    marks.delivered_seq = max(marks.delivered_seq, target)


async def _tell(
    transaction: Transaction, moved: Sequence[Reading], *, to_reader: bool
) -> list[Event]:
    """Tell of the marks as they are now; while there is a block, only to the reader."""
    users = {each for conversation, _ in moved for each in conversation.members}
    ledger = await Ledger.open(transaction, users)
    events: list[Event] = []
    for conversation, user_id in moved:
        at, own = conversation.updated_at, Fact(EventKind.RECEIPT, conversation.receipt(user_id))
        if to_reader:
            events += ledger.add(user_id, own, at=at)
        events += tell_peer(ledger, conversation, user_id, at=at, own=own)
    return events


def tell_peer(
    ledger: Ledger,
    conversation: ConversationDocument,
    user_id: str,
    *,
    at: int,
    own: Fact | None = None,
) -> list[Event]:
    """Tell the other member of this one's marks, as far as there is news that they may learn.

    `own` is what this member is told, so that what is the same is encoded once.
    """
    if conversation.blocks:
        return []
    users = (ledger.users.get(each) for each in conversation.members)
    hidden = any(user is not None and user.hides_receipts for user in users)
    if not conversation.marks_of(user_id).tell(hidden=hidden):
        return []
    told = conversation.told_receipt(user_id)
    fact = own if own and own.content == told else Fact(EventKind.RECEIPT, told)
    return ledger.add(conversation.peer_of(user_id), fact, at=at)


async def _conversations(
    transaction: Transaction, ids: Iterable[str]
) -> dict[str, ConversationDocument]:
    return {each.id: each for each in await transaction.get(CONVERSATIONS, set(ids))}
