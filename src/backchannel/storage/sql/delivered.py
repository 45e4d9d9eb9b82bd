"""The acknowledgements of devices, and the delivered marks that follow from them."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Text, case, func, select, update

from backchannel.domain.events import Event, EventKind, Fact
from backchannel.ports.storage import Acknowledgement
from backchannel.storage.sql.database import Connection
from backchannel.storage.sql.ledger import KIND_NUMBERS, Ledger
from backchannel.storage.sql.locks import Outdated
from backchannel.storage.sql.marks import NUMBERED_MARKERS, Marker, move
from backchannel.storage.sql.parameters import given, values
from backchannel.storage.sql.schema import account, conversation, log, log_head, login


class _Head(msgspec.Struct):
    account: int
    user_id: str
    position: int
    delivered_position: int


class _Stretch(msgspec.Struct):
    """Up to where a reader's devices have got the other's messages in one conversation."""

    account: int
    conversation: int
    peer_id: str
    seq: int


_readers = values("user_ids", Text)
HEADS = (
    select(log_head.c.account, account.c.id, log_head.c.position, log_head.c.delivered_position)
    .join(account, account.c.number == log_head.c.account)
    .join(_readers, account.c.id == _readers.c.value)
    .order_by(log_head.c.account)
)
_stretch = given("stretches", account=BigInteger, after=BigInteger, last=BigInteger)
_peer_id = case(
    (conversation.c.first == log.c.account, conversation.c.second_id),
    else_=conversation.c.first_id,
)
STRETCHES = (
    select(log.c.account, log.c.conversation, _peer_id, func.max(log.c.seq))
    .select_from(
        _stretch.table.join(
            log,
            (log.c.account == _stretch["account"])
            & (log.c.position > _stretch["after"])
            & (log.c.position <= _stretch["last"]),
        ).join(conversation, conversation.c.number == log.c.conversation)
    )
    .where(log.c.kind == KIND_NUMBERS[EventKind.MESSAGE])
    .group_by(log.c.account, log.c.conversation, _peer_id)
    .order_by(log.c.account, log.c.conversation)
)
_delivered = given("delivered", account=BigInteger, before=BigInteger, position=BigInteger)
MOVE_DELIVERED = (
    update(log_head)
    .values(delivered_position=_delivered["position"])
    .where(
        log_head.c.account == _delivered["account"],
        log_head.c.delivered_position == _delivered["before"],
    )
)
_devices = given("devices", login_id=Text, user_id=Text, position=BigInteger)
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
    connection: Connection, acknowledgements: Sequence[Acknowledgement]
) -> list[Event]:
    """Move positions forward, as `ports.storage.Messages.acknowledge` promises."""
    user_ids = sorted({each.user_id for each in acknowledgements})
    heads = {head.user_id: head for head in await connection.fetch(HEADS, _Head, user_ids=user_ids)}
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
    got = await connection.fetch(STRETCHES, _Stretch, stretches=moved) if moved else []
    ledger = await Ledger.open(connection, {*heads, *(each.peer_id for each in got)})
    await connection.execute(
        MOVE_LOGINS, devices=[(*device, position) for device, position in devices.items()]
    )
    if not moved:
        return []
    if await connection.execute(MOVE_DELIVERED, delivered=moved) < len(moved):
        raise Outdated  # another device of one of them was faster
    return await _move_marks(connection, ledger, got)


async def _move_marks(
    connection: Connection, ledger: Ledger, got: Sequence[_Stretch]
) -> list[Event]:
    seqs = {(each.account, each.conversation): each.seq for each in got}
    markers = await connection.fetch(NUMBERED_MARKERS, Marker, numbered=list(seqs))
    ahead = [
        marker
        for marker in markers
        if seqs[marker.account, marker.conversation] > marker.delivered_seq
    ]
    if not ahead:
        return []
    for marker in ahead:
        marker.delivered_seq = seqs[marker.account, marker.conversation]
    await move(connection, ahead)
    events: list[Event] = []
    for marker in ahead:
        if not marker.blocks:
            fact = Fact(EventKind.RECEIPT, marker.told_receipt())
            events += ledger.add(marker.peer_id, fact, at=marker.updated_at)
    await ledger.write(connection)
    return events
