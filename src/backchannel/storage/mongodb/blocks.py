"""The block lists, and what the two people of a blocked conversation may still learn."""

from collections.abc import Sequence

from backchannel.domain.errors import NotFound
from backchannel.domain.events import ConversationChange, Event, EventKind, Fact, ProfileChange
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.privacy import Shared
from backchannel.storage.mongodb.account_documents import BlockDocument, Pair
from backchannel.storage.mongodb.documents import ConversationDocument
from backchannel.storage.mongodb.ledger import Ledger
from backchannel.storage.mongodb.reader import LAST, View, between, get_one
from backchannel.storage.mongodb.receipts import tell_peer
from backchannel.storage.mongodb.schema import BLOCKS, CONVERSATIONS, USERS
from backchannel.storage.mongodb.staging import Transaction


async def set_blocked(
    transaction: Transaction, user_id: str, other_id: str, *, blocked: bool, at: int
) -> list[Event]:
    """Put a user on the block list, or take one off, as `ports.storage.Conversations` promises."""
    conversation_id = direct_conversation_id(user_id, other_id)
    conversation = await get_one(transaction, CONVERSATIONS, conversation_id)
    ledger = await Ledger.open(transaction, {user_id, other_id})
    own = ledger.users.get(user_id)
    if own is None or other_id not in ledger.users or own.erased_at is not None:
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
    events = ledger.add(user_id, Fact(EventKind.CONVERSATION, change), at=at)
    if conversation is not None:
        conversation.blocks += 1 if blocked else -1
        if not conversation.blocks:
            events += _end_silence(ledger, conversation, at)
    return events


def _end_silence(ledger: Ledger, conversation: ConversationDocument, at: int) -> list[Event]:
    """Tell each member what a block that is gone has kept from them."""
    events: list[Event] = []
    for user_id in conversation.members:
        profile = Fact(EventKind.PROFILE, ProfileChange(user_id))
        events += ledger.add(conversation.peer_of(user_id), profile, at=at)
        events += tell_peer(ledger, conversation, user_id, at=at)
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
    """Empty the block list of an erased user; how many were on it."""
    gone = await blocks_of(transaction, user_id)
    ids = {direct_conversation_id(user_id, each.id.other) for each in gone}
    for conversation in await transaction.get(CONVERSATIONS, ids):
        conversation.blocks -= 1
    for each in gone:
        transaction.remove(BLOCKS, each)
    return len(gone)
