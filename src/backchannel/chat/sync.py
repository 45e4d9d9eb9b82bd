"""Sync: the events that a device has missed, or the reason why it must start afresh."""

import msgspec

from backchannel.chat.core import Core
from backchannel.domain.errors import Invalid, NotFound
from backchannel.domain.events import Event, LogHead, messages_in
from backchannel.ports.storage import LogState

GAP_LIMIT = 20_000
"""Past this many missed events, fetching the current state is faster than replaying."""
PAGE_LIMIT = 500
"""Most events on one page."""


class SyncPage(msgspec.Struct, frozen=True):
    """Consecutive events; `position` is where they end, `more` whether others follow."""

    events: tuple[Event, ...]
    epoch: str
    position: int
    more: bool


class Reset(msgspec.Struct, frozen=True):
    """The device's position is not valid: it fetches its state afresh and continues from `head`."""

    head: LogHead
    reason: str


async def head(core: Core, user_id: str) -> LogHead:
    """The current head of a user's log. Raises `NotFound`."""
    found = (await core.storage.heads([user_id])).get(user_id)
    if found is None:
        raise NotFound("user not found")
    return found


async def log_state(core: Core, user_id: str) -> LogState:
    """The state of a user's log, with acknowledgements not yet stored. Raises `NotFound`."""
    reached = core.receipts.reached(user_id)
    state = await core.storage.log_state(user_id)
    return LogState(state.head, max(reached, state.delivered_position))


def acknowledge(core: Core, user_id: str, login_id: str, position: int) -> None:
    """Note that a device holds everything up to `position`; it is stored soon."""
    core.receipts.acknowledge(user_id, login_id, position)


def reset_reason(head: LogHead, epoch: str | None, position: int) -> str | None:
    """The reason why a device at `position` of `epoch` cannot resume; None if it can.

    `epoch_changed` (the server's data were restored), `unknown_position` (past the end),
    `too_old` (the log was trimmed), `too_many` (more than `GAP_LIMIT` events).
    """
    if epoch is not None and epoch != head.epoch:
        return "epoch_changed"
    if position > head.position:
        return "unknown_position"
    if position < head.floor:
        return "too_old"
    if head.position - position > GAP_LIMIT:
        return "too_many"
    return None


async def sync(
    core: Core, user_id: str, *, epoch: str | None, position: int, limit: int = PAGE_LIMIT
) -> SyncPage | Reset:
    """The next events past `position`: never a partial list that looks whole (rule R5).

    Raises `Invalid`, `NotFound`, `Throttled` and `Overloaded`.
    """
    if not 1 <= limit <= PAGE_LIMIT:
        raise Invalid(f"limit must be between 1 and {PAGE_LIMIT}", field="limit")
    if position < 0:
        raise Invalid("position must not be negative", field="position")
    async with core.read_limits.page(user_id):
        page = await core.storage.log(user_id, after=position, limit=limit)
    await core.read_limits.charge(user_id, messages_in(page.events))
    reason = reset_reason(page.head, epoch, position)
    if reason is not None:
        return Reset(page.head, reason)
    reached = page.events[-1].position if page.events else position
    return SyncPage(page.events, page.head.epoch, reached, more=not page.complete)
