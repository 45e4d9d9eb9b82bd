"""Conversations: created, and as their members see them."""

from collections.abc import Iterable, Sequence

from backchannel.domain.conversations import ConversationKind, ConversationView, Marks, RequestState
from backchannel.domain.errors import NotFound
from backchannel.domain.ids import RESPONDER_ID, direct_conversation_id, session_conversation_id
from backchannel.domain.messages import Message
from backchannel.storage.mongodb.account_documents import Pair
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.documents import ConversationDocument, MemberMarks, MessageKey
from backchannel.storage.mongodb.messages import messages_at
from backchannel.storage.mongodb.reader import DESCENDING, View, get_one
from backchannel.storage.mongodb.schema import BLOCKS, CONVERSATIONS, USERS
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.methods import StorageMethods, reading, writing

NEWEST_FIRST = (("updated_at", DESCENDING), ("_id", DESCENDING))


async def count_blocks(
    transaction: Transaction, pairs: Iterable[tuple[str, str]]
) -> dict[str, int]:
    """For each pair's conversation, the number of the two who have blocked the other."""
    blocks = {
        Pair(*each): direct_conversation_id(*pair) for pair in pairs for each in (pair, pair[::-1])
    }
    counts = dict.fromkeys(blocks.values(), 0)
    for found in await transaction.get(BLOCKS, blocks):
        counts[blocks[found.id]] += 1
    return counts


async def blocking(
    transaction: Transaction, pairs: Iterable[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Those of the pairs whose first user has blocked the second."""
    found = await transaction.get(BLOCKS, {Pair(*pair) for pair in pairs})
    return {(each.id.user, each.id.other) for each in found}


def add_direct(
    transaction: Transaction, pair: tuple[str, str], *, at: int, blocks: int = 0
) -> ConversationDocument:
    """Add the direct conversation of two users."""
    kind = ConversationKind.DIRECT.value
    new = _document(direct_conversation_id(*pair), kind, pair, at)
    new.blocks = blocks
    return transaction.add(CONVERSATIONS, new)


def add_session(
    transaction: Transaction, user_id: str, key: str, *, name: str, at: int
) -> ConversationDocument:
    """Add the session of a user with the responder."""
    conversation_id = session_conversation_id(user_id, key)
    pair = user_id, RESPONDER_ID
    new = _document(conversation_id, ConversationKind.SESSION.value, pair, at)
    new.key, new.name, new.listed = key, name, True
    return transaction.add(CONVERSATIONS, new)


def _document(
    conversation_id: str, kind: str, pair: tuple[str, str], at: int
) -> ConversationDocument:
    first, second = sorted(pair)
    return ConversationDocument(
        id=conversation_id,
        kind=kind,
        first_id=first,
        second_id=second,
        members=members_of(first, second),
        first=MemberMarks(),
        second=MemberMarks(),
        created_at=at,
        updated_at=at,
    )


def members_of(*user_ids: str) -> list[str]:
    """The ids without that of the responder."""
    return [each for each in user_ids if each != RESPONDER_ID]


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
    kind: ConversationKind | None = None,
    request: RequestState | None = None,
) -> list[ConversationView]:
    """A page of a member's conversations, newest activity first."""
    query: dict[str, object] = {"members": user_id, "listed": True, "asked_id": {"$ne": user_id}}
    if request is not None:
        query["asked_id"] = user_id
        query["declined_at"] = None if request is RequestState.PENDING else {"$ne": None}
        query["$expr"] = {"$gt": [{"$add": ["$first_count", "$second_count"]}, 0]}
    elif kind is not None:
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
    """The conversation of two users, created if it does not exist. Raises `NotFound`."""
    users = await transaction.get(USERS, {user_id, other_id})
    if len(users) < 2 or any(user.erased_at is not None for user in users):
        raise NotFound("user not found")
    pair = user_id, other_id
    conversation_id = direct_conversation_id(*pair)
    view = await read_conversation(transaction, user_id, conversation_id)
    if view is not None:
        return view
    blocks = await count_blocks(transaction, [pair])
    new = add_direct(transaction, pair, at=at, blocks=blocks[conversation_id])
    return view_of(new, user_id, None)


async def _views(
    view: View, user_id: str, found: Sequence[ConversationDocument]
) -> list[ConversationView]:
    """The conversations with their last messages, up to the one whose message fills the page."""
    keys = [MessageKey(each.id, each.last_seq) if each.last_seq else None for each in found]
    messages = await messages_at(view, keys)
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
        request=_request(document, user_id),
    )


def _request(document: ConversationDocument, user_id: str) -> RequestState | None:
    if document.asked_id != user_id:
        return None
    return RequestState.PENDING if document.declined_at is None else RequestState.DECLINED


class ConversationMethods(StorageMethods[MongoDatabase]):
    """Conversations; `ports.storage.Conversations` documents the methods."""

    conversation = reading(read_conversation)
    conversations = reading(read_conversations)
    create_direct = writing(create_direct)
