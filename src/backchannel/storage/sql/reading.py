"""Marking conversations as read."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, func, select

from backchannel.domain.events import Event, EventKind, Fact
from backchannel.ports.storage import ReadMark
from backchannel.storage.sql import settings
from backchannel.storage.sql.database import Connection, Lookup
from backchannel.storage.sql.ledger import Ledger
from backchannel.storage.sql.locks import members
from backchannel.storage.sql.marks import NAMED_MARKERS, Marker, move
from backchannel.storage.sql.parameters import given
from backchannel.storage.sql.schema import message


class _Count(msgspec.Struct):
    account: int
    conversation: int
    messages: int


_read = given(
    "read", account=BigInteger, conversation=BigInteger, after=BigInteger, last=BigInteger
)
NEWLY_READ = (
    select(_read["account"], _read["conversation"], func.count())
    .select_from(
        _read.table.join(
            message,
            (message.c.conversation == _read["conversation"])
            & (message.c.seq > _read["after"])
            & (message.c.seq <= _read["last"])
            & (message.c.sender != _read["account"]),
        )
    )
    .where(message.c.deleted_at.is_(None))
    .group_by(_read["account"], _read["conversation"])
)


async def mark_read(connection: Connection, marks: Sequence[ReadMark]) -> list[Event]:
    """Move read marks forward, as `ports.storage.Messages.mark_read` promises."""
    asked: dict[tuple[str, str], int] = {}
    for mark in marks:
        key = mark.user_id, mark.conversation_id
        asked[key] = max(mark.seq, asked.get(key, 0))
    parties, markers = await connection.fetch_together(
        members({conversation_id for _, conversation_id in asked}),
        Lookup(NAMED_MARKERS, Marker, {"named": list(asked)}),
    )
    ahead = [marker for marker in markers if _target(marker, asked) > marker.read_seq]
    marked = await settings.end_marked_unread(connection, markers)
    if not ahead and not marked:
        return []
    await _count(connection, [(marker, _target(marker, asked)) for marker in ahead])
    read = [(marker, marker.is_news) for marker in ahead]
    await move(connection, ahead)
    ledger = Ledger(parties)
    events: list[Event] = []
    for each in marked:
        events += settings.tell(ledger, each.user_id, each.conversation_id, at=each.updated_at)
    for marker, is_news in read:
        events += _tell(ledger, marker, peer=is_news)
    await ledger.write(connection)
    return events


def _tell(ledger: Ledger, marker: Marker, *, peer: bool) -> list[Event]:
    """Enter a receipt into the reader's log, and as far as it may be told into the peer's."""
    own = Fact(EventKind.RECEIPT, marker.receipt())
    events = ledger.add(marker.user_id, own, at=marker.updated_at)
    if peer:
        fact = Fact(EventKind.RECEIPT, marker.told_receipt()) if marker.hiding else own
        events += ledger.add(marker.peer_id, fact, at=marker.updated_at)
    return events


def _target(marker: Marker, asked: dict[tuple[str, str], int]) -> int:
    return min(asked[marker.user_id, marker.conversation_id], marker.last_seq)


async def _count(connection: Connection, targets: Sequence[tuple[Marker, int]]) -> None:
    """Move the marks; whoever has not read to the end has the newly read messages counted."""
    rows = [
        (marker.account, marker.conversation, marker.read_seq, target)
        for marker, target in targets
        if target < marker.last_seq
    ]
    counts = await connection.fetch(NEWLY_READ, _Count, read=rows) if rows else []
    more = {(count.account, count.conversation): count.messages for count in counts}
    for marker, target in targets:
        if target == marker.last_seq:
            marker.read_count = marker.other_count
        else:
            marker.read_count += more.get((marker.account, marker.conversation), 0)
        marker.read_seq = target
        marker.delivered_seq = max(marker.delivered_seq, target)
