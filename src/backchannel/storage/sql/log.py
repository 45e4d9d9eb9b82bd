"""Reading the users' logs, and trimming old entries."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Text, case, delete, func, select, update

from backchannel.domain.conversations import Receipt
from backchannel.domain.errors import NotFound
from backchannel.domain.events import (
    ConversationChange,
    Event,
    EventKind,
    EventPayload,
    LogHead,
    ProfileChange,
)
from backchannel.domain.messages import Message, fitting
from backchannel.ports.storage import LogPage, LogState
from backchannel.storage.shared.methods import StorageMethods, reading, using_database
from backchannel.storage.sql.checksums import fetch_messages, salvage_logged
from backchannel.storage.sql.database import Database, Transaction, Unreadable
from backchannel.storage.sql.locks import lock, users_by_number
from backchannel.storage.sql.log_writer import KIND_NUMBERS, OWN_MESSAGE
from backchannel.storage.sql.page_queries import logged_query
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.schema import account, log, log_head

KINDS = {number: kind for kind, number in KIND_NUMBERS.items()} | {OWN_MESSAGE: EventKind.MESSAGE}
CONTENTS: dict[EventKind, msgspec.json.Decoder[Any]] = {
    EventKind.RECEIPT: msgspec.json.Decoder(Receipt),
    EventKind.CONVERSATION: msgspec.json.Decoder(ConversationChange),
    EventKind.PROFILE: msgspec.json.Decoder(ProfileChange),
}

PAGE = 500
"""The number of logs that are checked at a time."""
MOST_ENTRIES = 2_000
"""The most entries deleted in one transaction, so that other writers do not wait long."""


class _Head(LogHead, frozen=True):
    account: int = 0
    delivered_position: int = 0

    @property
    def public(self) -> LogHead:
        return LogHead(self.position, self.epoch, self.floor)


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


async def read_log(transaction: Transaction, user_id: str, *, after: int, limit: int) -> LogPage:
    """A page of a user's log and its head; implements `ports.storage.Messages.log`."""
    head = await _head(transaction, user_id)
    start = max(after, head.floor)
    rows = await transaction.fetch(ROWS, _Row, account=head.account, after=start, limit=limit)
    if not rows:
        return LogPage((), head.public)
    page = {"account": head.account, "after": start, "last": rows[-1].position}
    try:
        messages = await fetch_messages(
            transaction, logged_query(in_steps=transaction.reads_in_steps), **page, limit=limit
        )
    except Unreadable:
        messages = await salvage_logged(transaction, **page)
    return LogPage(tuple(_events(user_id, rows, iter(fitting(messages)))), head.public)


def _events(user_id: str, rows: list[_Row], messages: Iterator[Message]) -> Iterator[Event]:
    for row in rows:
        kind = KINDS[row.kind]
        # The messages come in the order of the entries that have one.
        content = next(messages, None) if row.data is None else CONTENTS[kind].decode(row.data)
        if content is None:
            return  # the page was full
        yield Event(user_id, row.position, EventPayload(kind, content))


async def read_heads(transaction: Transaction, user_ids: Sequence[str]) -> dict[str, LogHead]:
    """The heads of the logs of those users that exist."""
    found = await transaction.fetch(HEADS, _UserHead, user_ids=list(user_ids))
    return {head.user_id: LogHead(head.position, head.epoch, head.floor) for head in found}


async def read_log_state(transaction: Transaction, user_id: str) -> LogState:
    """Raises `NotFound` for an unknown user."""
    head = await _head(transaction, user_id)
    return LogState(head.public, head.delivered_position)


async def _head(transaction: Transaction, user_id: str) -> _Head:
    found = await transaction.fetch(HEAD, _Head, user_id=user_id)
    if not found:
        raise NotFound("user not found")
    return found[0]


class _Floor(msgspec.Struct):
    account: int
    floor: int
    new_floor: int


_entry = log.alias("entry")
# The first entry that is not old: the entries before it are, whatever the clock did.
_first_kept = (
    select(_entry.c.position)
    .where(_entry.c.account == log_head.c.account, _entry.c.at >= parameter("before"))
    .order_by(_entry.c.position)
    .limit(1)
    .scalar_subquery()
)
_old = func.coalesce(_first_kept - 1, log_head.c.position)
_many = log_head.c.position - parameter("keep")
_wanted = case((_old > _many, _old), else_=_many)
_acknowledged = log_head.c.delivered_position
FLOORS = (
    select(
        log_head.c.account,
        log_head.c.floor,
        case((_wanted < _acknowledged, _wanted), else_=_acknowledged),
    )
    .where(log_head.c.account > parameter("after"))
    .order_by(log_head.c.account)
    .limit(PAGE)
)
RAISE = (
    update(log_head)
    .values(floor=parameter("new_floor"))
    .where(log_head.c.account == parameter("number"), log_head.c.floor < parameter("new_floor"))
)
FORGET = delete(log).where(
    log.c.account == parameter("number"), log.c.position <= parameter("new_floor")
)


async def trim_logs(database: Database, *, before: int, keep: int) -> int:
    """Forget old entries; implements `ports.storage.Messages.trim_logs`."""
    total = after = 0
    while True:
        page = await database.read(partial(read_floors, after=after, before=before, keep=keep))
        for raised in _in_transactions(page):
            total += await database.write(partial(forget_entries, raised=raised))
        if len(page) < PAGE:
            return total
        after = page[-1].account


async def read_floors(transaction: Transaction, **bounds: int) -> list[_Floor]:
    return await transaction.fetch(FLOORS, _Floor, **bounds)


def _in_transactions(page: Sequence[_Floor]) -> Iterator[list[_Floor]]:
    """The floors to raise, by steps if need be, for transactions of up to `MOST_ENTRIES`."""
    raised: list[_Floor] = []
    room = MOST_ENTRIES
    for each in page:
        floor = each.floor
        while floor < each.new_floor:
            step = min(room, each.new_floor - floor)
            raised.append(_Floor(each.account, floor, floor + step))
            floor += step
            room -= step
            if not room:
                yield raised
                raised, room = [], MOST_ENTRIES
    if raised:
        yield raised


async def forget_entries(transaction: Transaction, *, raised: Sequence[_Floor]) -> int:
    """Forget the entries up to these floors; returns their number.

    Meanwhile devices may have acknowledged more, but never less.
    """
    await lock(transaction, users_by_number(each.account for each in raised))
    gone = 0
    for each in raised:
        names = {"number": each.account, "new_floor": each.new_floor}
        await transaction.execute(RAISE, **names)
        gone += await transaction.execute(FORGET, **names)
    return gone


class LogMethods(StorageMethods[Database]):
    """The logs; `ports.storage.Messages` documents the methods."""

    log = reading(read_log)
    heads = reading(read_heads)
    log_state = reading(read_log_state)
    trim_logs = using_database(trim_logs)
