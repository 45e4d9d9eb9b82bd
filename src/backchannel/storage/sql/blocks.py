"""The block lists, and the updates that a block holds back."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Text, case, delete, select, update

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
from backchannel.storage.shared.methods import StorageMethods, reading, writing
from backchannel.storage.sql.database import BoundQuery, Database, Transaction
from backchannel.storage.sql.locked_conversations import BLOCKS
from backchannel.storage.sql.locks import users_by_id
from backchannel.storage.sql.log_writer import LogWriter
from backchannel.storage.sql.marks import MARKS_BY_NAME, MemberMarks, move
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.privacy import hiding
from backchannel.storage.sql.schema import account, block, conversation

_other = account.alias("other")
BLOCKED = (
    select(_other.c.id)
    .select_from(
        account.join(block, block.c.account == account.c.number).join(
            _other, _other.c.number == block.c.other
        )
    )
    .where(account.c.id == parameter("user_id"))
    .order_by(_other.c.id)
)
BLOCKED_BY = select(block.c.account, block.c.other).where(
    block.c.account.in_(any_of("accounts", BigInteger))
)
IS_BLOCKED = select(block.c.other).where(
    block.c.account == parameter("number"), block.c.other == parameter("other")
)
UNBLOCK = delete(block).where(
    block.c.account == parameter("number"), block.c.other == parameter("other")
)
# To a blocked sender this looks like a pending request.
DECLINE = (
    update(conversation)
    .values(declined_at=parameter("at"))
    .where(
        conversation.c.id == parameter("conversation_id"),
        conversation.c.asked == parameter("asked"),
        conversation.c.declined_at.is_(None),
    )
)
_ACQUAINTED = select(
    case(
        (conversation.c.first_id == parameter("user_id"), conversation.c.second_id),
        else_=conversation.c.first_id,
    )
).where(
    conversation.c.id.in_(any_of("conversation_ids", Text)),
    conversation.c.first_count > 0,
    conversation.c.second_count > 0,
    BLOCKS == 0,
)
ACQUAINTED = {
    Shared.LAST_SEEN: _ACQUAINTED.where(hiding("last_seen_audience") == 0),
    Shared.TYPING: _ACQUAINTED.where(hiding("typing_audience") == 0),
}


class _Block(msgspec.Struct, frozen=True):
    account: int
    other: int


async def set_blocked(
    transaction: Transaction, user_id: str, other_id: str, *, blocked: bool, at: int
) -> list[Event]:
    """Put a user on the block list, or take one off, as `ports.storage.Conversations` specifies."""
    conversation_id = direct_conversation_id(user_id, other_id)
    named = [(user_id, conversation_id), (other_id, conversation_id)]
    users, members = await transaction.fetch_together(
        users_by_id({user_id, other_id}), BoundQuery(MARKS_BY_NAME, MemberMarks, {"named": named})
    )
    logs = LogWriter(users)
    own, other = logs.users.get(user_id), logs.users.get(other_id)
    if own is None or other is None or not other.number or own.erased_at is not None:
        raise NotFound("user not found")
    found = await transaction.fetch(IS_BLOCKED, int, number=own.number, other=other.number)
    if bool(found) == blocked:
        return []
    if blocked:
        row = own.number, other.number, at
        await transaction.insert(block, ("account", "other", "created_at"), [row])
    else:
        await transaction.execute(UNBLOCK, number=own.number, other=other.number)
    change = ConversationChange(conversation_id, "blocked" if blocked else "unblocked")
    events = logs.add(user_id, EventPayload(EventKind.CONVERSATION, change), at=at)
    if blocked:
        await transaction.execute(DECLINE, asked=own.number, conversation_id=conversation_id, at=at)
    else:
        events += await end_restriction(transaction, logs, members, at=at)
    await logs.write(transaction)
    return events


async def end_restriction(
    transaction: Transaction, logs: LogWriter, members: Sequence[MemberMarks], *, at: int
) -> list[Event]:
    """Send each member the updates that a restriction, now lifted, held back.

    If there is another restriction, nothing is sent.
    """
    events: list[Event] = []
    for marks in members:
        marks.restrictions -= 1
        if not marks.restrictions:
            profile = EventPayload(EventKind.PROFILE, ProfileChange(marks.user_id))
            events += logs.add(marks.peer_id, profile, at=at)
            if not marks.is_peer_current:
                receipt = EventPayload(EventKind.RECEIPT, marks.receipt_for_peer())
                events += logs.add(marks.peer_id, receipt, at=at)
    await move(transaction, members)
    return events


async def read_blocked(transaction: Transaction, user_id: str) -> list[str]:
    """The users this user has blocked, by id."""
    return await transaction.fetch(BLOCKED, str, user_id=user_id)


async def read_blocks_by(transaction: Transaction, accounts: Sequence[int]) -> set[tuple[int, int]]:
    """The blocks that these accounts have set: pairs of the blocker and the blocked, by number."""
    found = await transaction.fetch(BLOCKED_BY, _Block, accounts=accounts)
    return {(each.account, each.other) for each in found}


async def read_acquainted(
    transaction: Transaction, user_id: str, others: Sequence[str], shared: Shared
) -> frozenset[str]:
    """Implements `ports.storage.Conversations.acquainted`."""
    ids = [direct_conversation_id(user_id, other) for other in others]
    query = ACQUAINTED[shared]
    return frozenset(await transaction.fetch(query, str, user_id=user_id, conversation_ids=ids))


class BlockMethods(StorageMethods[Database]):
    """Blocks; `ports.storage.Conversations` documents the methods."""

    set_blocked = writing(set_blocked)
    blocked = reading(read_blocked)
    acquainted = reading(read_acquainted)
