"""Conversations while something is added to them: counted and begun."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Text, func, select

from backchannel.domain.conversations import ConversationKind
from backchannel.domain.ids import direct_conversation_id
from backchannel.storage.sql.database import Connection, Lookup
from backchannel.storage.sql.locks import Party
from backchannel.storage.sql.parameters import any_of
from backchannel.storage.sql.schema import block, conversation, member


class Place(msgspec.Struct):
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

    def joins(self, user_id: str, other_id: str) -> bool:
        """True if these are its two parties."""
        if user_id == self.first_id:
            return other_id == self.second_id
        return user_id == self.second_id and other_id == self.first_id

    def add(self, sender_id: str) -> int:
        """Count one more message; its `seq`."""
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
"""The number of a conversation's two parties who have blocked the other."""
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
)
PLACES = select(*_COLUMNS).where(conversation.c.id.in_(any_of("conversation_ids", Text)))

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


def existing(conversation_ids: Collection[str]) -> Lookup[Place]:
    """Those of the conversations that exist; their members are locked before."""
    return Lookup(PLACES, Place, {"conversation_ids": sorted(conversation_ids)})


async def places(connection: Connection, conversation_ids: Collection[str]) -> dict[str, Place]:
    """Those of the conversations that exist, by their ids; their members are locked before."""
    asked = existing(conversation_ids)
    found = await connection.fetch(asked.query, asked.row, **asked.parameters)
    return {place.id: place for place in found}


async def add_direct(
    connection: Connection, pairs: Iterable[tuple[Party, Party]], *, at: int
) -> dict[str, Place]:
    """Begin the direct conversations of these pairs, which have none yet."""
    new = {direct_conversation_id(one.id, other.id): (one, other) for one, other in pairs}
    return await add(connection, new, ConversationKind.DIRECT, at=at)


async def add(
    connection: Connection,
    new: dict[str, tuple[Party, Party]],
    kind: ConversationKind,
    *,
    at: int,
    key: str | None = None,
    name: str | None = None,
) -> dict[str, Place]:
    """Begin conversations by their ids, each with the two parties that become its members."""
    rows: list[tuple[object, ...]] = []
    for conversation_id, pair in new.items():
        first, second = sorted(pair, key=lambda party: party.id)
        parties = first.number, first.id, second.number, second.id
        rows.append((conversation_id, kind.value, *parties, at, at, key, name))
    if not rows:
        return {}
    await connection.insert(conversation, NEW_COLUMNS, rows)
    added = await places(connection, new)
    members = [
        (party.number, added[conversation_id].number)
        for conversation_id, pair in new.items()
        for party in pair
        if party.number
    ]
    await connection.insert(member, ("account", "conversation"), members)
    return added
