"""Turns for expensive work: round robin between keys, or the least used keys first."""

import asyncio
import time
from bisect import bisect_left, insort
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count

from backchannel.budgets.rates import RateBudget
from backchannel.domain.errors import Overloaded


class Turns:
    """Admits at most `concurrent` at once, and at most `per_key` of one key.

    A key with several waiting gets one turn, and then every other waiting key gets one. For
    use on one event loop.
    """

    def __init__(
        self,
        concurrent: int,
        *,
        per_key: int = 1,
        waiting_per_key: int = 16,
        waiting: int = 1_024,
        timeout: float | None = None,
        refusal: str = "too many requests are waiting",
    ) -> None:
        """`waiting_per_key` and `waiting` bound the queue of one key and of all together.

        `timeout` bounds the wait for a turn, in seconds.
        """
        self._free = concurrent
        self._per_key = per_key
        self._waiting_per_key = waiting_per_key
        self._most_waiting = waiting
        self._timeout = timeout
        self._refusal = refusal
        self._running: dict[str, int] = {}
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}  # the next turn's key first
        self._waiting = 0

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncGenerator[None]:
        """Wait for a turn and hold it.

        Raises `Overloaded`: at once when the queue is full, or when the turn takes too long.
        """
        if self._free and self._may_run(key) and key not in self._queues:
            self._begin(key)
        else:
            await self._wait(key)
        try:
            yield
        finally:
            self._end(key)

    def _may_run(self, key: str) -> bool:
        return self._running.get(key, 0) < self._per_key

    def _begin(self, key: str) -> None:
        self._free -= 1
        self._running[key] = self._running.get(key, 0) + 1

    def _end(self, key: str) -> None:
        self._free += 1
        self._running[key] -= 1
        if not self._running[key]:
            del self._running[key]
        self._admit()

    async def _wait(self, key: str) -> None:
        queue = self._queues.get(key)
        if self._waiting >= self._most_waiting or len(queue or ()) >= self._waiting_per_key:
            raise self._overloaded()
        admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(key, deque()).append(admitted)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._timeout):
                await self._until(admitted, key)
        except TimeoutError:
            raise self._overloaded() from None

    async def _until(self, admitted: asyncio.Future[None], key: str) -> None:
        try:
            await admitted
        except asyncio.CancelledError:
            if admitted.done() and not admitted.cancelled():
                self._end(key)  # the turn came together with the cancellation
            else:
                self._leave(key, admitted)
            raise

    def _overloaded(self) -> Overloaded:
        return Overloaded(f"{self._refusal}; try again in a moment", retry_after=1.0)

    def _leave(self, key: str, admitted: asyncio.Future[None]) -> None:
        queue = self._queues.get(key)
        if queue is None or admitted not in queue:
            return  # its turn came after it was cancelled, and was given to another
        queue.remove(admitted)
        self._waiting -= 1
        if not queue:
            del self._queues[key]

    def _admit(self) -> None:
        while self._free:
            # At most as many keys as there are turns are skipped here.
            key = next((each for each in self._queues if self._may_run(each)), None)
            if key is None:
                return
            queue = self._queues.pop(key)
            admitted = queue.popleft()
            if queue:
                self._queues[key] = queue  # behind every other key
            self._waiting -= 1
            if not admitted.cancelled():
                self._begin(key)
                admitted.set_result(None)


Rank = tuple[Sequence[float], int]
"""Recent uses of the keys, then the order of arrival; the lowest is next."""


class LeastUsed:
    """Admits at most `concurrent` at once, those with the least used keys first.

    Round robin would give each of an attacker's 400 addresses as many turns as the address of a
    user; here the user goes first, because the others have had turns. Of several keys the first
    counts most. At most `waiting` wait; of more, the one with the most used key is refused. For use
    on one event loop.
    """

    def __init__(
        self,
        concurrent: int,
        *,
        waiting: int,
        memory: float,
        refusal: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """The first use of a key expires after `memory` seconds, the next after as many more."""
        self._free = concurrent
        self._most_waiting = waiting
        self._refusal = refusal
        self._uses = RateBudget(1 / memory, 1, clock=clock)
        self._waiting: list[tuple[Rank, asyncio.Future[None]]] = []  # the next one first
        self._arrivals = count()

    @asynccontextmanager
    async def turn(self, *keys: str) -> AsyncGenerator[None]:
        """Wait for a turn and hold it. Counts as one use of each key, even on `Overloaded`."""
        rank = [self._uses.wait(key) for key in keys], next(self._arrivals)
        for key in keys:
            self._uses.charge(key)
        if self._free and not self._waiting:
            self._free -= 1
        else:
            await self._wait(rank)
        try:
            yield
        finally:
            self._end()

    def refund(self, part: float, *keys: str) -> None:
        """Give back a part of one use of each key."""
        for key in keys:
            self._uses.refund(key, part)

    async def _wait(self, rank: Rank) -> None:
        if len(self._waiting) >= self._most_waiting:
            self._refuse_one_for(rank)
        admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        insort(self._waiting, (rank, admitted), key=_rank)
        try:
            await admitted
        except asyncio.CancelledError:
            if admitted.done() and not admitted.cancelled() and admitted.exception() is None:
                self._end()  # the turn came together with the cancellation
            else:
                self._leave(rank)
            raise

    def _leave(self, rank: Rank) -> None:
        index = bisect_left(self._waiting, rank, key=_rank)  # an order of arrival is unique
        if index < len(self._waiting) and self._waiting[index][0] == rank:
            del self._waiting[index]

    def _refuse_one_for(self, rank: Rank) -> None:
        """Refuse the one with the most used key, which may be the new one."""
        if not self._waiting or rank > self._waiting[-1][0]:
            raise self._overloaded()
        _, refused = self._waiting.pop()
        if not refused.done():
            refused.set_exception(self._overloaded())

    def _end(self) -> None:
        while self._waiting:
            _, admitted = self._waiting.pop(0)
            if not admitted.done():  # else its task has been cancelled
                admitted.set_result(None)
                return
        self._free += 1

    def _overloaded(self) -> Overloaded:
        return Overloaded(f"{self._refusal}; try again in a moment", retry_after=1.0)


def _rank(waiting: tuple[Rank, asyncio.Future[None]]) -> Rank:
    return waiting[0]
