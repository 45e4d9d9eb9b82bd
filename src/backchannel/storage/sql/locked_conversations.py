"""Conversations to which messages are added: locked, created and counted."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Text, case, func, select

from backchannel.domain.conversations import ConversationKind
from backchannel.domain.ids import direct_conversation_id
from backchannel.storage.sql.database import BoundQuery, Transaction
from backchannel.storage.sql.locks import LockedUser, members_of, require_locked
from backchannel.storage.sql.parameters import any_of
from backchannel.storage.sql.schema import block, conversation, member


class LockedConversation(msgspec.Struct):
    """A conversation whose members are locked to the end of the transaction."""

    number: int
    id: str
    first_id: str
    second_id: str
    last_seq: int
    first_count: int
    second_count: int
    updated_at: int
    deleted_at: int | None
    blocks: int
    """The number of members who have blocked the other."""
    asked: int | None
    """The number of the member who has not accepted this message request."""
    declined_at: int | None

    def is_between(self, user_id: str, other_id: str) -> bool:
        """True if these are its two members."""
        if user_id == self.first_id:
            return other_id == self.second_id
        return user_id == self.second_id and other_id == self.first_id

    def add(self, sender_id: str) -> int:
        """Count one more message; returns its `seq`."""
        self.last_seq += 1
        if sender_id == self.first_id:
            self.first_count += 1
        else:
            self.second_count += 1
        return self.last_seq


_are_these = (
    (block.c.account == conversation.c.first) & (block.c.other == conversation.c.second)
) | ((block.c.account == conversation.c.second) & (block.c.other == conversation.c.first))
BLOCKS = select(func.count()).select_from(block).where(_are_these).scalar_subquery()
"""The number of a conversation's two members who have blocked the other."""
RESTRICTIONS = BLOCKS + case((conversation.c.asked.is_(None), 0), else_=1)
"""The number of restrictions that hold back updates about the other: blocks, and a request."""
_COLUMNS: tuple[ColumnElement[Any], ...] = (
    conversation.c.number,
    conversation.c.id,
    conversation.c.first_id,
    conversation.c.second_id,
    conversation.c.last_seq,
    conversation.c.first_count,
    conversation.c.second_count,
    conversation.c.updated_at,
    conversation.c.deleted_at,
    BLOCKS,
    conversation.c.asked,
    conversation.c.declined_at,
)
LOCKED = select(*_COLUMNS).where(conversation.c.id.in_(any_of("conversation_ids", Text)))

NEW_COLUMNS = (
    "id",
    "kind",
    "first",
    "first_id",
    "second",
    "second_id",
    "created_at",
    "updated_at",
    "key",
    "name",
)


def locked_conversations(conversation_ids: Collection[str]) -> BoundQuery[LockedConversation]:
    """Those of the conversations that exist; their members are locked before."""
    return BoundQuery(LOCKED, LockedConversation, {"conversation_ids": sorted(conversation_ids)})


async def lock_conversation(
    transaction: Transaction, conversation_id: str
) -> tuple[list[LockedUser], LockedConversation | None]:
    """Lock the members of a conversation and read it, if it exists. Raises `Outdated`."""
    users, found = await transaction.fetch_together(
        members_of([conversation_id]), locked_conversations([conversation_id])
    )
    for locked in found:
        require_locked(users, (locked.first_id, locked.second_id))
    return users, found[0] if found else None


async def read_locked(
    transaction: Transaction, conversation_ids: Collection[str]
) -> dict[str, LockedConversation]:
    """Those of the conversations that exist, by their ids; their members are locked before."""
    asked = locked_conversations(conversation_ids)
    found = await transaction.fetch(asked.query, asked.row, **asked.parameters)
    return {locked.id: locked for locked in found}


async def insert_direct_conversations(
    transaction: Transaction, pairs: Iterable[tuple[LockedUser, LockedUser]], *, at: int
) -> dict[str, LockedConversation]:
    """Begin the direct conversations of these pairs, which have none yet."""
    new = {direct_conversation_id(one.id, other.id): (one, other) for one, other in pairs}
    return await insert_conversations(transaction, new, ConversationKind.DIRECT, at=at)


async def insert_conversations(
    transaction: Transaction,
    new: dict[str, tuple[LockedUser, LockedUser]],
    kind: ConversationKind,
    *,
    at: int,
    key: str | None = None,
    name: str | None = None,
) -> dict[str, LockedConversation]:
    """Begin conversations by their ids, each with the two users who become its members."""
    rows: list[tuple[object, ...]] = []
    for conversation_id, pair in new.items():
        first, second = sorted(pair, key=lambda user: user.id)
        members = first.number, first.id, second.number, second.id
        rows.append((conversation_id, kind.value, *members, at, at, key, name))
    if not rows:
        return {}
    await transaction.insert(conversation, NEW_COLUMNS, rows)
    added = await read_locked(transaction, new)
    rows = [
        (user.number, added[conversation_id].number)
        for conversation_id, pair in new.items()
        for user in pair
        if user.number
    ]
    await transaction.insert(member, ("account", "conversation"), rows)
    return added
