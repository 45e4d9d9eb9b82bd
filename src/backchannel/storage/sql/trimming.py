"""Forgetting old log entries."""

import msgspec
from sqlalchemy import case, delete, func, select, update

from backchannel.storage.sql.database import Connection
from backchannel.storage.sql.locks import lock, numbered
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.schema import log, log_head

PAGE = 500
"""The number of logs checked in one transaction, so that other writers do not wait long."""
MOST_ENTRIES = 2_000
"""The number of their entries deleted in it."""


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


async def trim_page(
    connection: Connection, *, after: int, before: int, keep: int
) -> tuple[int, int | None]:
    """Trim the logs of some users past number `after`.

    Returns how many entries went and the number to go on after, None at the end.
    """
    page = await connection.fetch(FLOORS, _Floor, after=after, before=before, keep=keep)
    old = [each for each in page if each.new_floor > each.floor]
    await lock(connection, numbered(each.account for each in old))
    gone = 0
    for each in old:
        new_floor = min(each.new_floor, each.floor + MOST_ENTRIES - gone)
        names = {"number": each.account, "new_floor": new_floor}
        await connection.execute(RAISE, **names)
        gone += await connection.execute(FORGET, **names)
        if new_floor < each.new_floor:
            return gone, each.account - 1  # the rest of it comes next
    return gone, page[-1].account if len(page) == PAGE else None
