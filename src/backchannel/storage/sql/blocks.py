"""The block lists, and what the two people of a blocked conversation may still learn."""

from collections.abc import Sequence

from sqlalchemy import Text, case, delete, select

from backchannel.domain.errors import NotFound
from backchannel.domain.events import ConversationChange, Event, EventKind, Fact, ProfileChange
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.privacy import Shared
from backchannel.storage.sql.database import Connection, Lookup
from backchannel.storage.sql.ledger import Ledger
from backchannel.storage.sql.locks import users
from backchannel.storage.sql.marks import NAMED_MARKERS, Marker, move
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.places import BLOCKS
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
IS_BLOCKED = select(block.c.other).where(
    block.c.account == parameter("number"), block.c.other == parameter("other")
)
UNBLOCK = delete(block).where(
    block.c.account == parameter("number"), block.c.other == parameter("other")
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


async def set_blocked(
    connection: Connection, user_id: str, other_id: str, *, blocked: bool, at: int
) -> list[Event]:
    """Put a user on the block list, or take one off, as `ports.storage.Conversations` promises."""
    conversation_id = direct_conversation_id(user_id, other_id)
    named = [(user_id, conversation_id), (other_id, conversation_id)]
    parties, markers = await connection.fetch_together(
        users({user_id, other_id}), Lookup(NAMED_MARKERS, Marker, {"named": named})
    )
    ledger = Ledger(parties)
    own, other = ledger.parties.get(user_id), ledger.parties.get(other_id)
    if own is None or other is None or not other.number or own.erased_at is not None:
        raise NotFound("user not found")
    found = await connection.fetch(IS_BLOCKED, int, number=own.number, other=other.number)
    if bool(found) == blocked:
        return []
    if blocked:
        row = own.number, other.number, at
        await connection.insert(block, ("account", "other", "created_at"), [row])
    else:
        await connection.execute(UNBLOCK, number=own.number, other=other.number)
    change = ConversationChange(conversation_id, "blocked" if blocked else "unblocked")
    events = ledger.add(user_id, Fact(EventKind.CONVERSATION, change), at=at)
    if not blocked:
        events += await _end_silence(connection, ledger, markers, at=at)
    await ledger.write(connection)
    return events


async def _end_silence(
    connection: Connection, ledger: Ledger, markers: Sequence[Marker], *, at: int
) -> list[Event]:
    """Tell each member what a block that is gone has kept from them, unless another one stands."""
    events: list[Event] = []
    for marker in markers:
        marker.blocks -= 1
        if not marker.blocks:
            profile = Fact(EventKind.PROFILE, ProfileChange(marker.user_id))
            events += ledger.add(marker.peer_id, profile, at=at)
            if not marker.is_told:
                receipt = Fact(EventKind.RECEIPT, marker.told_receipt())
                events += ledger.add(marker.peer_id, receipt, at=at)
    await move(connection, markers)
    return events


async def read_blocked(connection: Connection, user_id: str) -> list[str]:
    """The users this user has blocked, by id."""
    return await connection.fetch(BLOCKED, str, user_id=user_id)


async def read_acquainted(
    connection: Connection, user_id: str, others: Sequence[str], shared: Shared
) -> frozenset[str]:
    """Implements `ports.storage.Conversations.acquainted`."""
    ids = [direct_conversation_id(user_id, other) for other in others]
    query = ACQUAINTED[shared]
    return frozenset(await connection.fetch(query, str, user_id=user_id, conversation_ids=ids))
