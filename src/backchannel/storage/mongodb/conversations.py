"""Conversations as their members see them."""

from collections.abc import Sequence

from backchannel.domain.conversations import ConversationKind, ConversationView, Marks
from backchannel.domain.errors import NotFound
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.messages import Message
from backchannel.storage.mongodb.documents import ConversationDocument, Place
from backchannel.storage.mongodb.pages import messages_at
from backchannel.storage.mongodb.places import begin_direct, count_blocks
from backchannel.storage.mongodb.reader import DESCENDING, View, get_one
from backchannel.storage.mongodb.schema import CONVERSATIONS, USERS
from backchannel.storage.mongodb.staging import Transaction

NEWEST_FIRST = (("updated_at", DESCENDING), ("_id", DESCENDING))


async def read_conversation(
    view: View, user_id: str, conversation_id: str
) -> ConversationView | None:
    """A conversation as its member sees it; None for anyone else."""
    found = await get_one(view, CONVERSATIONS, conversation_id)
    if found is None or found.deleted_at is not None or user_id not in found.members:
        return None
    return (await _views(view, user_id, [found]))[0]


async def read_conversations(
    view: View,
    user_id: str,
    *,
    before: tuple[int, str] | None,
    limit: int,
    kind: ConversationKind | None,
) -> list[ConversationView]:
    """A page of a member's conversations, newest activity first."""
    query: dict[str, object] = {"members": user_id, "listed": True}
    if kind is not None:
        query["kind"] = kind.value
    if before is not None:
        at, conversation_id = before
        query["updated_at"] = {"$lte": at}
        query["$or"] = [{"updated_at": {"$lt": at}}, {"_id": {"$lt": conversation_id}}]
    found = await view.find(CONVERSATIONS, query, order=NEWEST_FIRST, limit=limit)
    return await _views(view, user_id, found)


async def create_direct(
    transaction: Transaction, user_id: str, other_id: str, *, at: int
) -> ConversationView:
    """The conversation of two users, made if it does not exist. Raises `NotFound`."""
    users = await transaction.get(USERS, {user_id, other_id})
    if len(users) < 2 or any(user.erased_at is not None for user in users):
        raise NotFound("user not found")
    pair = user_id, other_id
    conversation_id = direct_conversation_id(*pair)
    view = await read_conversation(transaction, user_id, conversation_id)
    if view is not None:
        return view
    blocks = await count_blocks(transaction, [pair])
    new = begin_direct(transaction, pair, at=at, blocks=blocks[conversation_id])
    return view_of(new, user_id, None)


async def _views(
    view: View, user_id: str, found: Sequence[ConversationDocument]
) -> list[ConversationView]:
    """The conversations with their last messages, up to the one whose message fills the page."""
    places = [Place(each.id, each.last_seq) if each.last_seq else None for each in found]
    messages = await messages_at(view, places)
    return [view_of(each, user_id, message) for each, message in zip(found, messages, strict=False)]


def view_of(
    document: ConversationDocument, user_id: str, last_message: Message | None
) -> ConversationView:
    """A conversation as this member sees it."""
    peer_id = document.peer_of(user_id)
    mine, theirs = document.marks_of(user_id), document.marks_of(peer_id)
    return ConversationView(
        id=document.id,
        kind=ConversationKind(document.kind),
        peer_id=peer_id,
        last_seq=document.last_seq,
        created_at=document.created_at,
        updated_at=document.updated_at,
        key=document.key,
        name=document.name,
        unread=document.count_of(peer_id) - mine.read_count,
        mine=Marks(mine.delivered_seq, mine.read_seq),
        theirs=Marks(theirs.told_delivered_seq, theirs.told_read_seq),
        last_message=last_message,
        settings=mine.settings,
    )
