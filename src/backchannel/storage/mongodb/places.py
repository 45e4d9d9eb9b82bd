"""Conversations: begun, counted, and named by their members."""

from collections.abc import Iterable

from backchannel.domain.conversations import ConversationKind
from backchannel.domain.ids import RESPONDER_ID, direct_conversation_id, session_conversation_id
from backchannel.storage.mongodb.account_documents import Pair
from backchannel.storage.mongodb.documents import ConversationDocument, MemberMarks
from backchannel.storage.mongodb.schema import BLOCKS, CONVERSATIONS
from backchannel.storage.mongodb.staging import Transaction


async def count_blocks(
    transaction: Transaction, pairs: Iterable[tuple[str, str]]
) -> dict[str, int]:
    """For each pair's conversation, how many of the two have blocked the other."""
    blocks = {
        Pair(*each): direct_conversation_id(*pair) for pair in pairs for each in (pair, pair[::-1])
    }
    counts = dict.fromkeys(blocks.values(), 0)
    for found in await transaction.get(BLOCKS, blocks):
        counts[blocks[found.id]] += 1
    return counts


def begin_direct(
    transaction: Transaction, pair: tuple[str, str], *, at: int, blocks: int = 0
) -> ConversationDocument:
    """Add the direct conversation of two users."""
    kind = ConversationKind.DIRECT.value
    new = _document(direct_conversation_id(*pair), kind, pair, at)
    new.blocks = blocks
    return transaction.add(CONVERSATIONS, new)


def begin_session(
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


def members_of(*parties: str) -> list[str]:
    """Those of the parties who are users."""
    return [each for each in parties if each != RESPONDER_ID]
