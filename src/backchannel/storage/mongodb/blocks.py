"""The block lists, and the updates that a block holds back."""

from collections.abc import Sequence

from backchannel.domain.errors import NotFound
from backchannel.domain.events import (
    ConversationChange,
    Event,
    EventKind,
    EventPayload,
    ProfileChange,
)
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.users import Shared
from backchannel.storage.mongodb.account_documents import BlockDocument, Pair
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.documents import ConversationDocument
from backchannel.storage.mongodb.log_writer import LogWriter
from backchannel.storage.mongodb.reader import LAST, View, between, get_one
from backchannel.storage.mongodb.receipts import notify_peer
from backchannel.storage.mongodb.schema import BLOCKS, CONVERSATIONS, USERS
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.methods import StorageMethods, reading, writing


async def set_blocked(
    transaction: Transaction, user_id: str, other_id: str, *, blocked: bool, at: int
) -> list[Event]:
    """Put a user on the block list, or take one off, as `ports.storage.Conversations` specifies."""
    conversation_id = direct_conversation_id(user_id, other_id)
    conversation = await get_one(transaction, CONVERSATIONS, conversation_id)
    logs = await LogWriter.open(transaction, {user_id, other_id})
    own = logs.users.get(user_id)
    if own is None or other_id not in logs.users or own.erased_at is not None:
        raise NotFound("user not found")
    pair = Pair(user_id, other_id)
    found = await get_one(transaction, BLOCKS, pair)
    if (found is not None) == blocked:
        return []
    if found is None:
        transaction.add(BLOCKS, BlockDocument(id=pair, created_at=at))
    else:
        transaction.remove(BLOCKS, found)
    change = ConversationChange(conversation_id, "blocked" if blocked else "unblocked")
    events = logs.add(user_id, EventPayload(EventKind.CONVERSATION, change), at=at)
    if conversation is not None:
        conversation.blocks += 1 if blocked else -1
        if blocked and conversation.asked_id == user_id and conversation.declined_at is None:
            # To a blocked sender this looks like a pending request.
            conversation.declined_at = at
        if not conversation.is_restricted:
            events += end_restriction(logs, conversation, at)
    return events


def end_restriction(logs: LogWriter, conversation: ConversationDocument, at: int) -> list[Event]:
    """Send each member the profile and marks that a block or a request kept from them."""
    events: list[Event] = []
    for user_id in conversation.members:
        profile = EventPayload(EventKind.PROFILE, ProfileChange(user_id))
        events += logs.add(conversation.peer_of(user_id), profile, at=at)
        events += notify_peer(logs, conversation, user_id, at=at)
    return events


async def read_blocked(view: View, user_id: str) -> list[str]:
    """The users this user has blocked, by id."""
    found = await blocks_of(view, user_id)
    return sorted(each.id.other for each in found)


async def blocks_of(view: View, user_id: str) -> list[BlockDocument]:
    """The user's block list."""
    return await view.find(BLOCKS, {"_id": between(Pair(user_id, ""), Pair(user_id, LAST))})


async def read_acquainted(
    view: View, user_id: str, others: Sequence[str], shared: Shared
) -> frozenset[str]:
    """Implements `ports.storage.Conversations.acquainted`."""
    users = await view.get(USERS, {user_id, *others})
    sharing = {user.id for user in users if not user.hides(shared)}
    if user_id not in sharing:
        return frozenset()
    ids = {direct_conversation_id(user_id, other) for other in others}
    found = await view.get(CONVERSATIONS, ids)
    return frozenset(sharing).intersection(
        each.peer_of(user_id)
        for each in found
        if each.first_count > 0 and each.second_count > 0 and not each.blocks
    )


async def forget_blocks(transaction: Transaction, user_id: str) -> int:
    """Empty the block list of an erased user; returns the number of its entries."""
    gone = await blocks_of(transaction, user_id)
    ids = {direct_conversation_id(user_id, each.id.other) for each in gone}
    for conversation in await transaction.get(CONVERSATIONS, ids):
        conversation.blocks -= 1
    for each in gone:
        transaction.remove(BLOCKS, each)
    return len(gone)


class BlockMethods(StorageMethods[MongoDatabase]):
    """Blocks; `ports.storage.Conversations` documents the methods."""

    set_blocked = writing(set_blocked)
    blocked = reading(read_blocked)
    acquainted = reading(read_acquainted)
