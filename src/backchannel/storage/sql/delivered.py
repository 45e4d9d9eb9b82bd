"""What the devices have acknowledged, and the delivered marks that follow from it."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import func, select, update

from backchannel.domain.events import Event, EventKind, Fact
from backchannel.ports.storage import Acknowledgement
from backchannel.storage.sql.database import Connection
from backchannel.storage.sql.ledger import KIND_NUMBERS, Ledger
from backchannel.storage.sql.marks import NUMBERED_MARKERS, Marker, move
from backchannel.storage.sql.parameters import given, item
from backchannel.storage.sql.schema import account, log, log_head, login


class _Head(msgspec.Struct):
    account: int
    user_id: str
    position: int
    delivered_position: int


class _Stretch(msgspec.Struct):
    """Up to where a reader's devices have got the other's messages in one conversation."""

    account: int
    conversation: int
    seq: int


_heads = given("user_ids")
HEADS = (
    select(log_head.c.account, account.c.id, log_head.c.position, log_head.c.delivered_position)
    .join(account, account.c.number == log_head.c.account)
    .join(_heads, account.c.id == _heads.c.value)
    .order_by(log_head.c.account)
    .with_for_update()
)
_stretch = given("stretches")
STRETCHES = (
    select(log.c.account, log.c.conversation, func.max(log.c.seq))
    .select_from(
        _stretch.join(
            log,
            (log.c.account == item(_stretch, 0))
            & (log.c.position > item(_stretch, 1))
            & (log.c.position <= item(_stretch, 2)),
        )
    )
    .where(log.c.kind == KIND_NUMBERS[EventKind.MESSAGE])
    .group_by(log.c.account, log.c.conversation)
    .order_by(log.c.account, log.c.conversation)
)
_delivered = given("delivered")
MOVE_DELIVERED = (
    update(log_head)
    .values(delivered_position=item(_delivered, 1))
    .where(log_head.c.account == item(_delivered, 0))
)
_devices = given("devices")
MOVE_LOGINS = (
    update(login)
    .values(position=item(_devices, 2))
    .where(
        login.c.id == item(_devices, 0),
        login.c.user_id == item(_devices, 1),
        login.c.position < item(_devices, 2),
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
    await connection.execute(
        MOVE_LOGINS, devices=[(*device, position) for device, position in devices.items()]
    )
    stretches = [
        (heads[user_id].account, heads[user_id].delivered_position, position)
        for user_id, position in furthest.items()
        if position > heads[user_id].delivered_position
    ]
    if not stretches:
        return []
    moved = [(number, position) for number, _, position in stretches]
    await connection.execute(MOVE_DELIVERED, delivered=moved)
    return await _move_marks(connection, stretches)


async def _move_marks(
    connection: Connection, stretches: Sequence[tuple[int, int, int]]
) -> list[Event]:
    got = await connection.fetch(STRETCHES, _Stretch, stretches=stretches)
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
    told = [marker for marker in ahead if not marker.blocks]
    ledger = await Ledger.open(connection, {marker.peer_id for marker in told})
    events: list[Event] = []
    for marker in told:
        fact = Fact(EventKind.RECEIPT, marker.receipt())
        events += ledger.add(marker.peer_id, fact, at=marker.updated_at)
    await ledger.write(connection)
    return events
