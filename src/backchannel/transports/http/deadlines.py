"""Deadlines of many connections, watched by one sweep instead of a timer each."""

import asyncio
from typing import Protocol

_TICK = 0.25  # seconds by which a deadline may be overrun


class Timed(Protocol):
    """A connection with a deadline in the loop's time; infinity means none."""

    @property
    def deadline(self) -> float: ...

    def overdue(self, now: float) -> None:
        """Called when the deadline has passed, again each sweep until it is moved."""
        ...


class Deadlines:
    """The connections of a process that must not dawdle."""

    __slots__ = ("_timer", "_watched")

    def __init__(self) -> None:
        self._watched: set[Timed] = set()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, connection: Timed) -> None:
        self._watched.add(connection)
        if self._timer is None:
            self._arm(asyncio.get_running_loop())

    def forget(self, connection: Timed) -> None:
        self._watched.discard(connection)

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(_TICK, self._sweep, loop)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in [each for each in self._watched if each.deadline <= now]:
            connection.overdue(now)
        if self._watched:
            self._arm(loop)
        else:
            self._timer = None
