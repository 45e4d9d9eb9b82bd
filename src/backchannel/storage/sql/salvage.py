"""Reading around damage: one message at a time, where a whole page cannot be read (rule R18)."""

import logging
from collections.abc import Iterable

import msgspec
from sqlalchemy import select

from backchannel.domain.messages import Message
from backchannel.storage.sql.checksums import fetch_messages, unreadable
from backchannel.storage.sql.database import Connection, Unreadable
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.rows import KEPT_COLUMNS, MESSAGES
from backchannel.storage.sql.schema import conversation, log, message

_logger = logging.getLogger("backchannel.storage")


class _Conversation(msgspec.Struct, frozen=True):
    number: int
    id: str
    first_id: str
    second_id: str
    last_seq: int
    created_at: int


class _Place(msgspec.Struct, frozen=True):
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
LOGGED_PLACES = (
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
    select(*KEPT_COLUMNS)
    .select_from(MESSAGES)
    .where(conversation.c.id == parameter("conversation_id"), message.c.seq == parameter("seq"))
)
MOST = 100
"""Messages that are read one by one at a time."""


async def salvage_history(
    connection: Connection, conversation_id: str, *, after: int, before: int, newest_first: bool
) -> list[Message]:
    """A page of a conversation, a message at a time: numbers have no gaps."""
    found = await connection.fetch(BY_ID, _Conversation, conversation_id=conversation_id)
    if not found:
        return []
    first, last = after + 1, min(before - 1, found[0].last_seq)
    if newest_first:
        seqs: Iterable[int] = range(last, max(first, last - MOST + 1) - 1, -1)
    else:
        seqs = range(first, min(last, first + MOST - 1) + 1)
    return [each for seq in seqs for each in await _message(connection, found[0], seq)]


async def salvage_logged(
    connection: Connection, *, account: int, after: int, last: int
) -> list[Message]:
    """The messages that a log names, one at a time."""
    places = await connection.fetch(
        LOGGED_PLACES, _Place, account=account, after=after, last=last, limit=MOST
    )
    known: dict[int, _Conversation] = {}
    messages: list[Message] = []
    for place in places:
        number = place.conversation
        if number not in known:
            (known[number],) = await connection.fetch(BY_NUMBER, _Conversation, number=number)
        found = await _message(connection, known[number], place.seq)
        # Every entry of a log has its message, so one that is not found cannot be read either.
        messages += found or [_unreadable(known[number], place.seq)]
    return messages


async def _message(connection: Connection, of: _Conversation, seq: int) -> list[Message]:
    try:
        return await fetch_messages(connection, MESSAGE, conversation_id=of.id, seq=seq)
    except Unreadable:
        _logger.exception("message %d of conversation %s cannot be read", seq, of.id)
        return [_unreadable(of, seq)]


def _unreadable(of: _Conversation, seq: int) -> Message:
    return unreadable(
        of.id, seq, sender_id=of.first_id, recipient_id=of.second_id, at=of.created_at
    )
