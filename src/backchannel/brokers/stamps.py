"""Stamps of envelopes: one that was captured on the bus is not accepted again (rule S19)."""

import time
from collections import deque
from collections.abc import Callable

TOLERANCE = 60_000_000
"""Greatest age of an envelope and difference between the clocks of two nodes, in microseconds."""
WINDOW = 4_096
"""Envelopes that may overtake another one of the same node: not every bus keeps their order."""


class Replayed(Exception):
    """The envelope was accepted before."""


class TooLate(Exception):
    """Too many envelopes of its node have overtaken it to know if it was accepted before."""


class WrongTime(Exception):
    """The stamp is far from the local time: a replay, or a node with a wrong clock."""


def clock() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1_000


class Stamper:
    """Makes the stamps of one node: the time, but always more than the previous stamp."""

    def __init__(self, now: Callable[[], int] = clock) -> None:
        self._now = now
        self._last = 0

    def __call__(self) -> int:
        self._last = max(self._last + 1, self._now())
        return self._last


class _Sender:
    """The stamps that have been seen of one node."""

    __slots__ = ("_floor", "_order", "_seen", "newest")

    def __init__(self) -> None:
        self._floor = 0
        self._order: deque[int] = deque()
        self._seen: set[int] = set()
        self.newest = 0

    def accept(self, stamp: int) -> None:
        if stamp in self._seen:
            raise Replayed
        if stamp <= self._floor:
            raise TooLate
        self._seen.add(stamp)
        self._order.append(stamp)
        self.newest = max(self.newest, stamp)
        if len(self._order) > WINDOW:
            oldest = self._order.popleft()
            self._seen.discard(oldest)
            self._floor = max(self._floor, oldest)


class Stamps:
    """Accepts each stamp of a node once, and near the time it was made."""

    def __init__(self, now: Callable[[], int] = clock) -> None:
        self._now = now
        self._senders: dict[str, _Sender] = {}

    def accept(self, sender: str, stamp: int) -> None:
        """Raises `Replayed`, `TooLate` and `WrongTime`."""
        now = self._now()
        if abs(stamp - now) > TOLERANCE:
            raise WrongTime
        known = self._senders.get(sender)
        if known is None:
            self._forget_old(now)
            known = self._senders[sender] = _Sender()
        known.accept(stamp)

    def _forget_old(self, now: int) -> None:
        """Forget nodes whose stamps would all be refused as too old."""
        old = [name for name, each in self._senders.items() if now - each.newest > TOLERANCE]
        for name in old:
            del self._senders[name]
