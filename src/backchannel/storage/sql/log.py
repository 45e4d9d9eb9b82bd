"""Reading the users' logs, and forgetting what is old in them."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Text, select

from backchannel.domain.conversations import Receipt
from backchannel.domain.errors import NotFound
from backchannel.domain.events import (
    ConversationChange,
    Event,
    EventKind,
    Fact,
    LogHead,
    ProfileChange,
)
from backchannel.domain.messages import Message
from backchannel.domain.pages import fitting
from backchannel.ports.storage import LogPage
from backchannel.storage.sql import pages
from backchannel.storage.sql.checksums import fetch_messages
from backchannel.storage.sql.database import Connection, Unreadable
from backchannel.storage.sql.ledger import KIND_NUMBERS, OWN_MESSAGE
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.salvage import salvage_logged
from backchannel.storage.sql.schema import account, log, log_head

KINDS = {number: kind for kind, number in KIND_NUMBERS.items()} | {OWN_MESSAGE: EventKind.MESSAGE}
CONTENTS: dict[EventKind, msgspec.json.Decoder[Any]] = {
    EventKind.RECEIPT: msgspec.json.Decoder(Receipt),
    EventKind.CONVERSATION: msgspec.json.Decoder(ConversationChange),
    EventKind.PROFILE: msgspec.json.Decoder(ProfileChange),
}


class _Head(LogHead, frozen=True):
    account: int = 0
    delivered_position: int = 0


class _UserHead(msgspec.Struct):
    user_id: str
    position: int
    epoch: str
    floor: int


class _Row(msgspec.Struct, gc=False):
    position: int
    kind: int
    data: str | None


HEAD = (
    select(
        log_head.c.position,
        log_head.c.epoch,
        log_head.c.floor,
        log_head.c.account,
        log_head.c.delivered_position,
    )
    .join(account, account.c.number == log_head.c.account)
    .where(account.c.id == parameter("user_id"))
)
HEADS = (
    select(account.c.id, log_head.c.position, log_head.c.epoch, log_head.c.floor)
    .join(log_head, log_head.c.account == account.c.number)
    .where(account.c.id.in_(any_of("user_ids", Text)))
)
ROWS = (
    select(log.c.position, log.c.kind, log.c.data)
    .where(log.c.account == parameter("account"), log.c.position > parameter("after"))
    .order_by(log.c.position)
    .limit(parameter("limit"))
)
LOGGED_MESSAGES = pages.logged()


async def read_log(connection: Connection, user_id: str, *, after: int, limit: int) -> LogPage:
    """A page of a user's log and its head; implements `ports.storage.Messages.log`."""
    head = await _head(connection, user_id)
    start = max(after, head.floor)
    rows = await connection.fetch(ROWS, _Row, account=head.account, after=start, limit=limit)
    public = LogHead(head.position, head.epoch, head.floor)
    if not rows:
        return LogPage((), public)
    page = {"account": head.account, "after": start, "last": rows[-1].position}
    try:
        messages = await fetch_messages(connection, LOGGED_MESSAGES, **page, limit=limit)
    except Unreadable:
        messages = await salvage_logged(connection, **page)
    return LogPage(tuple(_events(user_id, rows, iter(fitting(messages)))), public)


def _events(user_id: str, rows: list[_Row], messages: Iterator[Message]) -> Iterator[Event]:
    for row in rows:
        kind = KINDS[row.kind]
        # The messages come in the order of the entries that have one.
        content = next(messages, None) if row.data is None else CONTENTS[kind].decode(row.data)
        if content is None:
            return  # the page was full
        yield Event(user_id, row.position, Fact(kind, content))


async def read_heads(connection: Connection, user_ids: Sequence[str]) -> dict[str, LogHead]:
    """The heads of the logs of those users that exist."""
    found = await connection.fetch(HEADS, _UserHead, user_ids=list(user_ids))
    return {head.user_id: LogHead(head.position, head.epoch, head.floor) for head in found}


async def read_delivered_position(connection: Connection, user_id: str) -> int:
    """Raises `NotFound` for an unknown user."""
    return (await _head(connection, user_id)).delivered_position


async def _head(connection: Connection, user_id: str) -> _Head:
    found = await connection.fetch(HEAD, _Head, user_id=user_id)
    if not found:
        raise NotFound("user not found")
    return found[0]
