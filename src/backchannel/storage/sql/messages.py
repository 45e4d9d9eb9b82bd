"""Reading messages, one by one or by page."""

from sqlalchemy import select

from backchannel.domain.messages import Message
from backchannel.storage.sql import pages
from backchannel.storage.sql.database import Connection
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.rows import MESSAGE_COLUMNS, MESSAGES
from backchannel.storage.sql.schema import conversation, message

MESSAGE = (
    select(*MESSAGE_COLUMNS)
    .select_from(MESSAGES)
    .where(conversation.c.id == parameter("conversation_id"), message.c.seq == parameter("seq"))
)
MESSAGE_BY_ID = (
    select(*MESSAGE_COLUMNS).select_from(MESSAGES).where(message.c.id == parameter("message_id"))
)

NEWEST = pages.history(newest_first=True)
NEWEST_STANDING = pages.history(newest_first=True, standing=True)
NEXT = pages.history(newest_first=False)


PAST_THE_END = 2**63 - 1


async def read_message(connection: Connection, conversation_id: str, seq: int) -> Message | None:
    """The message in that place, if there is one."""
    found = await connection.fetch(MESSAGE, Message, conversation_id=conversation_id, seq=seq)
    return found[0] if found else None


async def read_message_by_id(connection: Connection, message_id: str) -> Message | None:
    """The message of that id, if there is one."""
    found = await connection.fetch(MESSAGE_BY_ID, Message, message_id=message_id)
    return found[0] if found else None


async def read_history(
    connection: Connection,
    conversation_id: str,
    *,
    before: int | None,
    after: int | None,
    limit: int,
) -> list[Message]:
    """A page of a conversation, as `ports.storage.Messages.history` promises."""
    page = await connection.fetch(
        NEWEST if after is None else NEXT,
        Message,
        conversation_id=conversation_id,
        after=0 if after is None else after,
        before=PAST_THE_END if before is None else before,
        limit=limit,
    )
    return page[::-1] if after is None else page


async def read_standing(
    connection: Connection, conversation_id: str, *, before: int | None, limit: int
) -> list[Message]:
    """As `ports.storage.Messages.standing` promises."""
    page = await connection.fetch(
        NEWEST_STANDING,
        Message,
        conversation_id=conversation_id,
        after=0,
        before=PAST_THE_END if before is None else before,
        limit=limit,
    )
    return page[::-1]
