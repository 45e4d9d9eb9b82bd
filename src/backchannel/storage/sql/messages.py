"""Reading messages, one by one or by page."""

from sqlalchemy import select

from backchannel.domain.messages import Message
from backchannel.domain.pages import fitting
from backchannel.storage.sql import pages
from backchannel.storage.sql.checksums import fetch_messages
from backchannel.storage.sql.database import Connection, Unreadable
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.rows import KEPT_COLUMNS, MESSAGES
from backchannel.storage.sql.salvage import MESSAGE, HistoryQuery, salvage_history
from backchannel.storage.sql.schema import message

MESSAGE_BY_ID = (
    select(*KEPT_COLUMNS).select_from(MESSAGES).where(message.c.id == parameter("message_id"))
)

NEXT = pages.history(newest_first=False)
NEWEST_FIRST = HistoryQuery(pages.history(newest_first=True), newest_first=True)
NEWEST_STANDING = HistoryQuery(
    pages.history(newest_first=True, standing=True), newest_first=True, standing=True
)
OLDEST_FIRST = HistoryQuery(NEXT, newest_first=False)
PAST_THE_END = 2**63 - 1


async def read_message(connection: Connection, conversation_id: str, seq: int) -> Message | None:
    """The message in that place, if there is one."""
    found = await fetch_messages(connection, MESSAGE, conversation_id=conversation_id, seq=seq)
    return found[0] if found else None


async def read_message_by_id(connection: Connection, message_id: str) -> Message | None:
    """The message of that id, if there is one."""
    found = await fetch_messages(connection, MESSAGE_BY_ID, message_id=message_id)
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
    query = NEWEST_FIRST if after is None else OLDEST_FIRST
    return await _read_page(
        connection, query, conversation_id, after=after or 0, before=before, limit=limit
    )


async def read_standing(
    connection: Connection, conversation_id: str, *, before: int | None, limit: int
) -> list[Message]:
    """Implements `ports.storage.Messages.standing`."""
    return await _read_page(
        connection, NEWEST_STANDING, conversation_id, after=0, before=before, limit=limit
    )


async def _read_page(
    connection: Connection,
    query: HistoryQuery,
    conversation_id: str,
    *,
    after: int,
    before: int | None,
    limit: int,
) -> list[Message]:
    """A page, the oldest message first. What cannot be read costs only itself (rule R18)."""
    bounds = {"after": after, "before": PAST_THE_END if before is None else before, "limit": limit}
    try:
        page = await fetch_messages(
            connection, query.text, conversation_id=conversation_id, **bounds
        )
    except Unreadable:
        page = await salvage_history(connection, query, conversation_id, **bounds)
    page = fitting(page)
    return page[::-1] if query.newest_first else page
