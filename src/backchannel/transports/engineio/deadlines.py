"""Timeouts of thousands of sessions on one timer."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

logger = logging.getLogger("backchannel.transports.engineio")

T = TypeVar("T", bound=Hashable)

_EARLY = 1 / 64  # of the delay: what is due so soon shares a wake-up
_EARLIEST = 0.25


class Deadlines(Generic[T]):
    """Calls `expired(item)` once, a fixed delay after `add(item)`.

    All items wait equally long, so the order of arrival is the order of expiry and one timer,
    for the first of them, is enough. It never calls late for want of precision, but up to
    1/64 of the delay early.
    """

    __slots__ = ("_delay", "_due", "_early", "_expired", "_timer")

    def __init__(self, delay: float, expired: Callable[[T], None]) -> None:
        self._delay = delay
        self._early = min(delay * _EARLY, _EARLIEST)
        self._expired = expired
        # a plain dict would search past all it has deleted to find its first item
        self._due: OrderedDict[T, float] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, item: T) -> None:
        """Start the time of `item`, afresh if it is running."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self._delay
        self._due[item] = due
        self._due.move_to_end(item)
        if self._timer is None:
            self._timer = loop.call_at(due - self._early, self._sweep)

    def discard(self, item: T) -> None:
        """Stop the time of `item`, if it is running."""
        self._due.pop(item, None)

    def __contains__(self, item: T) -> bool:
        return item in self._due

    def __len__(self) -> int:
        return len(self._due)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._early
        while self._due:
            item, due = next(iter(self._due.items()))
            if due > until:
                self._timer = loop.call_at(due - self._early, self._sweep)
                return
            del self._due[item]
            self._call(item)
        self._timer = None

    def _call(self, item: T) -> None:
        try:
            self._expired(item)
        except Exception:
            logger.exception("timeout handler failed")
