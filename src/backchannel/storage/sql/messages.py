"""Reading messages, one by one or by page."""

from sqlalchemy import select

from backchannel.domain.messages import Message, fitting
from backchannel.storage.shared.methods import StorageMethods, reading
from backchannel.storage.sql.checksums import MESSAGE, fetch_messages, salvage_history
from backchannel.storage.sql.database import Database, Transaction, Unreadable
from backchannel.storage.sql.page_queries import HistoryQuery
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.rows import CHECKSUMMED_COLUMNS, MESSAGES
from backchannel.storage.sql.schema import message

MESSAGE_BY_ID = (
    select(*CHECKSUMMED_COLUMNS)
    .select_from(MESSAGES)
    .where(message.c.id == parameter("message_id"))
)

NEXT = HistoryQuery(newest_first=False)
NEWEST_FIRST = HistoryQuery(newest_first=True)
NEWEST_UNDELETED = HistoryQuery(newest_first=True, undeleted=True)
NEWEST_WITH_FILES = HistoryQuery(newest_first=True, with_files=True)
NEXT_WITH_FILES = HistoryQuery(newest_first=False, with_files=True)
PAST_THE_END = 2**63 - 1


async def read_message(transaction: Transaction, conversation_id: str, seq: int) -> Message | None:
    """The message with that number, if there is one."""
    found = await fetch_messages(transaction, MESSAGE, conversation_id=conversation_id, seq=seq)
    return found[0] if found else None


async def read_message_by_id(transaction: Transaction, message_id: str) -> Message | None:
    """The message with this id; None if there is none."""
    found = await fetch_messages(transaction, MESSAGE_BY_ID, message_id=message_id)
    return found[0] if found else None


async def read_history(
    transaction: Transaction,
    conversation_id: str,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int,
    with_files: bool = False,
) -> list[Message]:
    """A page of a conversation, as `ports.storage.Messages.history` specifies."""
    if with_files:
        query = NEWEST_WITH_FILES if after is None else NEXT_WITH_FILES
    else:
        query = NEWEST_FIRST if after is None else NEXT
    return await _read_page(
        transaction, query, conversation_id, after=after or 0, before=before, limit=limit
    )


async def read_undeleted(
    transaction: Transaction, conversation_id: str, *, before: int | None, limit: int
) -> list[Message]:
    """Implements `ports.storage.Messages.undeleted`."""
    return await _read_page(
        transaction, NEWEST_UNDELETED, conversation_id, after=0, before=before, limit=limit
    )


async def _read_page(
    transaction: Transaction,
    query: HistoryQuery,
    conversation_id: str,
    *,
    after: int,
    before: int | None,
    limit: int,
) -> list[Message]:
    """A page, the oldest message first. A damaged message does not affect the others (rule R18)."""
    bounds = {"after": after, "before": PAST_THE_END if before is None else before, "limit": limit}
    try:
        text = query.text(in_steps=transaction.reads_in_steps)
        page = await fetch_messages(transaction, text, conversation_id=conversation_id, **bounds)
    except Unreadable:
        page = await salvage_history(transaction, query, conversation_id, **bounds)
    page = fitting(page)
    return page[::-1] if query.newest_first else page


class MessageMethods(StorageMethods[Database]):
    """Reading messages; `ports.storage.Messages` documents the methods."""

    message = reading(read_message)
    message_by_id = reading(read_message_by_id)
    history = reading(read_history)
    undeleted = reading(read_undeleted)
