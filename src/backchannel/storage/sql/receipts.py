"""Receipts: positions that devices acknowledge, messages that users read, and their marks."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Text, case, func, select, update

from backchannel.domain.events import Event, EventKind, EventPayload
from backchannel.ports.storage import Acknowledgement, ReadMark
from backchannel.storage.shared.methods import StorageMethods, writing
from backchannel.storage.sql import settings
from backchannel.storage.sql.database import BoundQuery, Database, Transaction
from backchannel.storage.sql.locks import Outdated, members_of, require_locked
from backchannel.storage.sql.log_writer import KIND_NUMBERS, LogWriter
from backchannel.storage.sql.marks import MARKS_BY_NAME, MARKS_BY_NUMBER, MemberMarks, move
from backchannel.storage.sql.parameters import rows_parameter, values_parameter
from backchannel.storage.sql.schema import account, conversation, log, log_head, login, message


class _Head(msgspec.Struct):
    account: int
    user_id: str
    position: int
    delivered_position: int


class _Received(msgspec.Struct):
    """The last message of the other member that a reader's devices have received."""

    account: int
    conversation: int
    peer_id: str
    seq: int


_readers = values_parameter("user_ids", Text)
HEADS = (
    select(log_head.c.account, account.c.id, log_head.c.position, log_head.c.delivered_position)
    .join(account, account.c.number == log_head.c.account)
    .join(_readers, account.c.id == _readers.c.value)
    .order_by(log_head.c.account)
)
_ranges = rows_parameter("ranges", account=BigInteger, after=BigInteger, last=BigInteger)
_peer_id = case(
    (conversation.c.first == log.c.account, conversation.c.second_id),
    else_=conversation.c.first_id,
)
RECEIVED = (
    select(log.c.account, log.c.conversation, _peer_id, func.max(log.c.seq))
    .prefix_with("STRAIGHT_JOIN", dialect="mysql")
    .select_from(
        log.join(
            _ranges.table,
            (log.c.account == _ranges["account"])
            & (log.c.position > _ranges["after"])
            & (log.c.position <= _ranges["last"]),
        ).join(conversation, conversation.c.number == log.c.conversation)
    )
    .where(
        log.c.kind == KIND_NUMBERS[EventKind.MESSAGE],
        _ranges.has_range_of(log.c.account, log.c.position),
    )
    .group_by(log.c.account, log.c.conversation, _peer_id)
    .order_by(log.c.account, log.c.conversation)
)
_delivered = rows_parameter("delivered", account=BigInteger, before=BigInteger, position=BigInteger)
MOVE_DELIVERED = (
    update(log_head)
    .values(delivered_position=_delivered["position"])
    .where(
        log_head.c.account == _delivered["account"],
        log_head.c.delivered_position == _delivered["before"],
    )
)
_devices = rows_parameter("devices", login_id=Text, user_id=Text, position=BigInteger)
MOVE_LOGINS = (
    update(login)
    .values(position=_devices["position"])
    .where(
        login.c.id == _devices["login_id"],
        login.c.user_id == _devices["user_id"],
        login.c.position < _devices["position"],
    )
)


async def acknowledge(
    transaction: Transaction, acknowledgements: Sequence[Acknowledgement]
) -> list[Event]:
    """Move positions forward, as `ports.storage.Messages.acknowledge` specifies."""
    user_ids = sorted({each.user_id for each in acknowledgements})
    heads = {
        head.user_id: head for head in await transaction.fetch(HEADS, _Head, user_ids=user_ids)
    }
    devices: dict[tuple[str, str], int] = {}
    furthest: dict[str, int] = {}
    for each in acknowledgements:
        if each.user_id in heads:
            position = min(each.position, heads[each.user_id].position)
            device = each.login_id, each.user_id
            devices[device] = max(position, devices.get(device, 0))
            furthest[each.user_id] = max(position, furthest.get(each.user_id, 0))
    moved = [
        (heads[user_id].account, heads[user_id].delivered_position, position)
        for user_id, position in furthest.items()
        if position > heads[user_id].delivered_position
    ]
    got = await transaction.fetch(RECEIVED, _Received, ranges=moved) if moved else []
    logs = await LogWriter.open(transaction, {*heads, *(each.peer_id for each in got)})
    await transaction.execute(
        MOVE_LOGINS, devices=[(*device, position) for device, position in devices.items()]
    )
    if not moved:
        return []
    if await transaction.execute(MOVE_DELIVERED, delivered=moved) < len(moved):
        raise Outdated  # another device of one of them was faster
    at = max(each.at for each in acknowledgements)
    return await _move_marks(transaction, logs, got, at)


async def _move_marks(
    transaction: Transaction, logs: LogWriter, got: Sequence[_Received], at: int
) -> list[Event]:
    seqs = {(each.account, each.conversation): each.seq for each in got}
    members = await transaction.fetch(MARKS_BY_NUMBER, MemberMarks, numbered=list(seqs))
    ahead = [
        marks for marks in members if seqs[marks.account, marks.conversation] > marks.delivered_seq
    ]
    if not ahead:
        return []
    for marks in ahead:
        marks.delivered_seq = seqs[marks.account, marks.conversation]
    await move(transaction, ahead)
    events: list[Event] = []
    for marks in ahead:
        if not marks.restrictions:
            payload = EventPayload(EventKind.RECEIPT, marks.receipt_for_peer())
            events += logs.add(marks.peer_id, payload, at=max(at, marks.updated_at))
    await logs.write(transaction)
    return events


class _Count(msgspec.Struct):
    account: int
    conversation: int
    messages: int


_read = rows_parameter(
    "read", account=BigInteger, conversation=BigInteger, after=BigInteger, last=BigInteger
)
NEWLY_READ = (
    select(_read["account"], _read["conversation"], func.count())
    .prefix_with("STRAIGHT_JOIN", dialect="mysql")
    .select_from(
        message.join(
            _read.table,
            (message.c.conversation == _read["conversation"])
            & (message.c.seq > _read["after"])
            & (message.c.seq <= _read["last"])
            & (message.c.sender != _read["account"]),
        )
    )
    .where(
        message.c.deleted_at.is_(None),
        _read.has_range_of(message.c.conversation, message.c.seq),
    )
    .group_by(_read["account"], _read["conversation"])
)


async def mark_read(transaction: Transaction, read_marks: Sequence[ReadMark]) -> list[Event]:
    """Move read marks forward, as `ports.storage.Messages.mark_read` specifies."""
    asked: dict[tuple[str, str], int] = {}
    for mark in read_marks:
        key = mark.user_id, mark.conversation_id
        asked[key] = max(mark.seq, asked.get(key, 0))
    users, members = await transaction.fetch_together(
        members_of({conversation_id for _, conversation_id in asked}),
        BoundQuery(MARKS_BY_NAME, MemberMarks, {"named": list(asked)}),
    )
    require_locked(users, (each for marks in members for each in (marks.user_id, marks.peer_id)))
    # A message request stays unread until it is accepted.
    members = [marks for marks in members if marks.asked != marks.account]
    ahead = [marks for marks in members if _target(marks, asked) > marks.read_seq]
    marked = await settings.end_marked_unread(transaction, members)
    if not ahead and not marked:
        return []
    await _count(transaction, [(marks, _target(marks, asked)) for marks in ahead])
    at = max(mark.at for mark in read_marks)
    read = [(marks, marks.is_news) for marks in ahead]
    await move(transaction, ahead)
    logs = LogWriter(users)
    events: list[Event] = []
    for each in marked:
        key = each.user_id, each.conversation_id
        events += settings.notify_member(logs, *key, at=each.updated_at)
    for marks, is_news in read:
        events += _notify_members(logs, marks, at=max(at, marks.updated_at), peer=is_news)
    await logs.write(transaction)
    return events


def _notify_members(logs: LogWriter, marks: MemberMarks, *, at: int, peer: bool) -> list[Event]:
    """Enter a receipt into the reader's log, and the part the peer may know into the peer's."""
    own = EventPayload(EventKind.RECEIPT, marks.receipt())
    events = logs.add(marks.user_id, own, at=at)
    if peer:
        payload = EventPayload(EventKind.RECEIPT, marks.receipt_for_peer()) if marks.hiding else own
        events += logs.add(marks.peer_id, payload, at=at)
    return events


def _target(marks: MemberMarks, asked: dict[tuple[str, str], int]) -> int:
    return min(asked[marks.user_id, marks.conversation_id], marks.last_seq)


async def _count(transaction: Transaction, targets: Sequence[tuple[MemberMarks, int]]) -> None:
    """Move the marks; of readers who are not at the end, count the newly read messages."""
    rows = [
        (marks.account, marks.conversation, marks.read_seq, target)
        for marks, target in targets
        if target < marks.last_seq
    ]
    counts = await transaction.fetch(NEWLY_READ, _Count, read=rows) if rows else []
    more = {(count.account, count.conversation): count.messages for count in counts}
    for marks, target in targets:
        if target == marks.last_seq:
            marks.read_count = marks.other_count
        else:
            marks.read_count += more.get((marks.account, marks.conversation), 0)
        marks.read_seq = target
        marks.delivered_seq = max(marks.delivered_seq, target)


class ReceiptMethods(StorageMethods[Database]):
    """Positions and marks; `ports.storage.Messages` documents the methods."""

    acknowledge = writing(acknowledge)
    mark_read = writing(mark_read)
