"""Whom a user does not want to hear from."""

from sqlalchemy import delete, select

from backchannel.domain.errors import NotFound
from backchannel.domain.events import ConversationChange, Event, EventKind, Fact
from backchannel.domain.ids import direct_conversation_id
from backchannel.storage.sql.database import Connection
from backchannel.storage.sql.ledger import Ledger
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.schema import account, block

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


async def set_blocked(
    connection: Connection, user_id: str, other_id: str, *, blocked: bool, at: int
) -> list[Event]:
    """Put a user on the block list, or take one off; only the own devices are told."""
    ledger = await Ledger.open(connection, {user_id, other_id})
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
    change = ConversationChange(
        direct_conversation_id(user_id, other_id), "blocked" if blocked else "unblocked"
    )
    events = ledger.add(user_id, Fact(EventKind.CONVERSATION, change), at=at)
    await ledger.write(connection)
    return events


async def read_blocked(connection: Connection, user_id: str) -> list[str]:
    """The users this user has blocked, by id."""
    return await connection.fetch(BLOCKED, str, user_id=user_id)
