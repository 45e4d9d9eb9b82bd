"""A queue that is fair between keys and bounded in bytes."""

import threading
from collections import deque
from typing import Generic, TypeVar

from backchannel.domain.errors import Overloaded

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Items of known size, taken round robin between their keys, in order within a key.

    Where all together hold `bytes_in_all`, keys that have nothing in the queue may still put
    one item each, up to twice as much: a few keys with much do not lock the others out. May be
    filled and emptied by different threads.
    """

    def __init__(
        self,
        *,
        bytes_per_key: int,
        bytes_in_all: int,
        items_per_key: int,
        refusal: str = "too much is waiting",
    ) -> None:
        self._bytes_per_key = bytes_per_key
        self._bytes_in_all = bytes_in_all
        self._items_per_key = items_per_key
        self._refusal = refusal
        self._queues: dict[str, deque[tuple[int, T]]] = {}  # the key whose turn is next first
        self._held: dict[str, int] = {}
        self._bytes = 0
        self._items = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._items

    def put(self, key: str, item: T, size: int) -> None:
        """Queue an item of `size` bytes. Raises `Overloaded` when its key or all hold too much."""
        with self._lock:
            queue = self._queues.get(key)
            if queue is None:
                if self._bytes + size > 2 * self._bytes_in_all:
                    raise self._overloaded()
                self._queues[key] = deque(((size, item),))
                self._held[key] = size
            else:
                held = self._held[key] + size
                if (
                    held > self._bytes_per_key
                    or len(queue) >= self._items_per_key
                    or self._bytes + size > self._bytes_in_all
                ):
                    raise self._overloaded()
                queue.append((size, item))
                self._held[key] = held
            self._bytes += size
            self._items += 1

    def take(self, items: int, size: int) -> list[T]:
        """Up to `items` items of together `size` bytes, and at least one if there is any."""
        taken: list[T] = []
        with self._lock:
            while self._queues and len(taken) < items:
                key = next(iter(self._queues))
                queue = self._queues[key]
                if taken and queue[0][0] > size:
                    break  # it is the first of the next batch
                size -= self._take_from(key, queue, taken)
        return taken

    def _take_from(self, key: str, queue: deque[tuple[int, T]], taken: list[T]) -> int:
        size, item = queue.popleft()
        taken.append(item)
        self._bytes -= size
        self._items -= 1
        del self._queues[key]
        if queue:
            self._queues[key] = queue  # behind every other key
            self._held[key] -= size
        else:
            del self._held[key]
        return size

    def _overloaded(self) -> Overloaded:
        return Overloaded(f"{self._refusal}; try again in a moment", retry_after=1.0)
