"""Deadlines of peers, which do not count the time for which the process stands still."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

logger = logging.getLogger("backchannel.transports")

T = TypeVar("T", bound=Hashable)

AT_ONCE = 32
"""Peers that are disconnected in a row, in about a millisecond, before other work runs."""

_EARLY = 1 / 64  # of the delay: items that are due so soon share a wake-up
_EARLIEST = 0.25
_LATE = 0.25
"""Seconds of delay of a timer after which the process has stood still."""
_GRACE = 1 / 4  # of the delay


class RunningTime:
    """The seconds of the event loop without those for which the process stood still.

    Bytes that peers sent meanwhile are not read yet, so they get `grace` seconds more to be read,
    but not each time if the process stands still again and again: deadlines would never pass.
    """

    __slots__ = ("_grace", "_lost", "_was_late")

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._lost = 0.0  # seconds that do not count
        self._was_late = False

    def now(self) -> float:
        """The time that deadlines are compared with."""
        return asyncio.get_running_loop().time() - self._lost

    def call_at(self, at: float, sweep: Callable[[], None]) -> asyncio.TimerHandle:
        """Call `sweep` at a time of this clock; a late call is one after a standstill."""
        loop = asyncio.get_running_loop()
        return loop.call_at(at + self._lost, self._call, at, sweep)

    def _call(self, planned: float, sweep: Callable[[], None]) -> None:
        late = self.now() - planned
        is_late = late > _LATE
        if is_late:
            self._lost += late if self._was_late else late + self._grace
        self._was_late = is_late
        sweep()


class Deadlines(Generic[T]):
    """Calls `expired(item)` once, a fixed delay after `add(item)`.

    All items wait equally long, so the order of arrival is the order of expiry and one timer,
    for the first of them, is enough. It never calls late because of its precision, but up to
    1/64 of the delay early. The time for which the process stands still does not count.
    """

    __slots__ = ("_clock", "_delay", "_due", "_early", "_expired", "_timer")

    def __init__(self, delay: float, expired: Callable[[T], None]) -> None:
        self._delay = delay
        self._early = min(delay * _EARLY, _EARLIEST)
        self._expired = expired
        # a plain dict would search past all it has deleted to find its first item
        self._due: OrderedDict[T, float] = OrderedDict()
        self._clock = RunningTime(delay * _GRACE)
        self._timer: asyncio.TimerHandle | None = None

    def add(self, item: T) -> None:
        """Start the time of `item`, or restart it."""
        due = self._clock.now() + self._delay
        self._due[item] = due
        self._due.move_to_end(item)
        if self._timer is None:
            self._sweep_before(due)

    def discard(self, item: T) -> None:
        """Stop the time of `item`, if it is running."""
        self._due.pop(item, None)

    def __contains__(self, item: T) -> bool:
        return item in self._due

    def __len__(self) -> int:
        return len(self._due)

    def _sweep_before(self, due: float) -> None:
        self._timer = self._clock.call_at(due - self._early, self._sweep)

    def _sweep(self) -> None:
        until = self._clock.now() + self._early
        for _ in range(AT_ONCE):
            if not self._due:
                self._timer = None
                return
            item, due = next(iter(self._due.items()))
            if due > until:
                self._sweep_before(due)
                return
            del self._due[item]
            self._call(item)
        asyncio.get_running_loop().call_soon(self._sweep)

    def _call(self, item: T) -> None:
        try:
            self._expired(item)
        except Exception:
            logger.exception("timeout handler failed")
