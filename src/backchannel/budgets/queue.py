"""A queue that is fair between keys and bounded in bytes."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from backchannel.domain.errors import Overloaded

T = TypeVar("T")

QUANTUM = 32 << 10
"""Bytes that a key may take in one turn: few enough to be fair, and many small items."""
SHORTEST_WAIT, LONGEST_WAIT = 0.02, 2.0
"""The `retry_after` in seconds when the queue is full."""


class _Share(Generic[T]):
    """The waiting items of one key."""

    __slots__ = ("items", "size")

    def __init__(self, size: int, item: T) -> None:
        self.items = deque(((size, item),))
        self.size = size


class FairQueue(Generic[T]):
    """Items of known size, taken round robin between their keys, in order within a key.

    In its turn a key takes at least one item, and more up to `QUANTUM` bytes (deficit round robin,
    Shreedhar and Varghese 1995, without carrying over). A key may hold as many bytes as are still
    free of `bytes_in_all` (dynamic thresholds, Choudhury and Hahne 1998), so that many busy keys
    get equal shares; a key that has nothing in the queue may always put one item, up to twice
    `bytes_in_all`. May be filled and emptied by different threads.

    When there is no room, `retry_after` is the time in which half of the items will be taken at the
    recent pace: clients that retry then find the queue neither full nor empty.
    """

    def __init__(
        self,
        *,
        bytes_per_key: int,
        bytes_in_all: int,
        refusal: str = "too much is waiting",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`refusal` begins the text of the error; `clock` gives seconds that never jump."""
        self._bytes_per_key = bytes_per_key
        self._bytes_in_all = bytes_in_all
        self._refusal = refusal
        self._clock = clock
        self._taken_at = clock()
        self._taken = 0
        self._pace = 0.0  # seconds for an item
        self._shares: dict[str, _Share[T]] = {}  # in the order of their turns
        self._bytes = 0
        self._items = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._items

    def put(self, key: str, item: T, size: int) -> None:
        """Queue an item of `size` bytes. Raises `Overloaded` if its key or all hold too much."""
        with self._lock:
            share = self._shares.get(key)
            if share is None:
                if self._bytes + size > 2 * self._bytes_in_all:
                    raise self._overloaded()
                self._shares[key] = _Share(size, item)
            else:
                held = share.size + size
                if held > self._bytes_per_key or held > self._bytes_in_all - self._bytes:
                    raise self._overloaded()
                share.items.append((size, item))
                share.size = held
            self._bytes += size
            self._items += 1

    def take(self, items: int, size: int) -> list[T]:
        """Up to `items` items with a total of `size` bytes, and at least one if there is any."""
        taken: list[T] = []
        with self._lock:
            self._measure()
            while self._shares and len(taken) < items:
                key, share = next(iter(self._shares.items()))
                if taken and share.items[0][0] > size:
                    break  # it begins the next batch
                del self._shares[key]
                turn = self._take_turn(share, taken, items, size)
                size -= turn
                self._bytes -= turn
                if share.items:
                    self._shares[key] = share  # behind every other key
            self._items -= len(taken)
            self._taken = len(taken)
        return taken

    def _measure(self) -> None:
        """Update the pace from the time since the last take, if more items have waited since."""
        now = self._clock()
        if self._taken and self._items:
            pace = (now - self._taken_at) / self._taken
            self._pace = (3 * self._pace + pace) / 4 if self._pace else pace
        self._taken_at = now

    def _take_turn(self, share: _Share[T], taken: list[T], items: int, size: int) -> int:
        """Take the items of a key's turn; returns their bytes."""
        waiting = share.items
        if share.size <= min(QUANTUM, size) and len(taken) + len(waiting) <= items:
            # Usually the turn takes all items; taking them at once needs a third of the time.
            turn, share.size = share.size, 0
            taken += [item for _, item in waiting]
            waiting.clear()
            return turn
        turn = 0
        while waiting and turn < QUANTUM and len(taken) < items:
            cost, item = waiting[0]
            if taken and turn + cost > size:
                break
            waiting.popleft()
            taken.append(item)
            turn += cost
        share.size -= turn
        return turn

    def _overloaded(self) -> Overloaded:
        standing_still = self._clock() - self._taken_at
        wait = max(SHORTEST_WAIT, self._pace * self._items / 2, standing_still)
        return Overloaded(
            f"{self._refusal}; try again in a moment", retry_after=min(wait, LONGEST_WAIT)
        )
