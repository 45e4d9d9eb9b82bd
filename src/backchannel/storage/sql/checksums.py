"""Reading messages with a check of their checksums, and past damaged ones (rule R18)."""

import logging
from typing import Any

import msgspec
from sqlalchemy import SelectBase, select

from backchannel.domain.messages import Message, MessageKind, is_full
from backchannel.storage.shared.checksummed_message import DAMAGED, ChecksummedMessage, all_verified
from backchannel.storage.sql.database import Transaction, Unreadable
from backchannel.storage.sql.page_queries import HistoryQuery
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.rows import CHECKSUMMED_COLUMNS, MESSAGES
from backchannel.storage.sql.schema import conversation, log, message

_logger = logging.getLogger("backchannel.storage")


async def fetch_messages(
    transaction: Transaction, query: SelectBase, /, **parameters: Any
) -> list[Message]:
    """The messages of a query of `rows.CHECKSUMMED_COLUMNS`. Raises `Unreadable`."""
    return all_verified(await transaction.fetch(query, ChecksummedMessage, **parameters))


def unreadable(
    conversation_id: str, seq: int, *, sender_id: str, recipient_id: str, at: int
) -> Message:
    """A stand-in for a message of which nothing can be read."""
    name = f"damaged-{conversation_id[:32]}-{seq}"
    return Message(
        conversation_id=conversation_id,
        seq=seq,
        id=name,
        sender_id=sender_id,
        recipient_id=recipient_id,
        client_id=name,
        kind=MessageKind.FAILURE.value,
        body=DAMAGED,
        created_at=at,
    )


class _Conversation(msgspec.Struct, frozen=True):
    number: int
    id: str
    first_id: str
    second_id: str
    last_seq: int
    created_at: int


class _LogEntry(msgspec.Struct, frozen=True):
    conversation: int
    seq: int


_CONVERSATIONS = select(
    conversation.c.number,
    conversation.c.id,
    conversation.c.first_id,
    conversation.c.second_id,
    conversation.c.last_seq,
    conversation.c.created_at,
)
BY_ID = _CONVERSATIONS.where(conversation.c.id == parameter("conversation_id"))
BY_NUMBER = _CONVERSATIONS.where(conversation.c.number == parameter("number"))
LOGGED_MESSAGES = (
    select(log.c.conversation, log.c.seq)
    .where(
        log.c.account == parameter("account"),
        log.c.position > parameter("after"),
        log.c.position <= parameter("last"),
        log.c.seq.is_not(None),
        log.c.data.is_(None),
    )
    .order_by(log.c.position)
    .limit(parameter("limit"))
)
MESSAGE = (
    select(*CHECKSUMMED_COLUMNS)
    .select_from(MESSAGES)
    .where(conversation.c.id == parameter("conversation_id"), message.c.seq == parameter("seq"))
)
MOST = 100
"""Messages that are read one by one at a time."""


async def salvage_history(
    transaction: Transaction,
    query: HistoryQuery,
    conversation_id: str,
    *,
    after: int,
    before: int,
    limit: int,
) -> list[Message]:
    """A page as the query would return it, with stand-ins for the messages that cannot be read.

    Numbers have no gaps, so spans of them are read in turn, and where one cannot be read, its
    messages one by one.
    """
    found = await transaction.fetch(BY_ID, _Conversation, conversation_id=conversation_id)
    if not found:
        return []
    before = min(before, found[0].last_seq + 1)
    page: list[Message] = []
    while after + 1 < before and len(page) < limit and not is_full(page):
        low, high = after, before
        if query.newest_first:
            low = max(after, before - 1 - MOST)
        else:
            high = min(before, after + 1 + MOST)
        span = await _span(transaction, query, found[0], low, high, limit - len(page))
        page += span
        if query.newest_first:
            before = span[-1].seq if span else low + 1
        else:
            after = span[-1].seq if span else high - 1
    return page


async def _span(
    transaction: Transaction,
    query: HistoryQuery,
    of: _Conversation,
    low: int,
    high: int,
    limit: int,
) -> list[Message]:
    """Up to `limit` messages between two numbers, in the order of the query."""
    try:
        return await fetch_messages(
            transaction,
            query.text(in_steps=transaction.reads_in_steps),
            conversation_id=of.id,
            after=low,
            before=high,
            limit=limit,
        )
    except Unreadable:
        pass
    numbers = range(low + 1, high)
    span: list[Message] = []
    for seq in reversed(numbers) if query.newest_first else numbers:
        found = await _message(transaction, of, seq)
        span += filter(query.admits, found)
        if len(span) == limit or is_full(span):
            break
    return span


async def salvage_logged(
    transaction: Transaction, *, account: int, after: int, last: int
) -> list[Message]:
    """The messages that a log names, one at a time."""
    entries = await transaction.fetch(
        LOGGED_MESSAGES, _LogEntry, account=account, after=after, last=last, limit=MOST
    )
    known: dict[int, _Conversation] = {}
    messages: list[Message] = []
    for entry in entries:
        number = entry.conversation
        if number not in known:
            (known[number],) = await transaction.fetch(BY_NUMBER, _Conversation, number=number)
        found = await _message(transaction, known[number], entry.seq)
        # Every entry of a log has its message, so one that is not found cannot be read either.
        messages += found or [_unreadable(known[number], entry.seq)]
    return messages


async def _message(transaction: Transaction, of: _Conversation, seq: int) -> list[Message]:
    try:
        return await fetch_messages(transaction, MESSAGE, conversation_id=of.id, seq=seq)
    except Unreadable:
        _logger.exception("message %d of conversation %s cannot be read", seq, of.id)
        return [_unreadable(of, seq)]


def _unreadable(of: _Conversation, seq: int) -> Message:
    return unreadable(
        of.id, seq, sender_id=of.first_id, recipient_id=of.second_id, at=of.created_at
    )
