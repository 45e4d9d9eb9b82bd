"""Turns at scarce work: the client that used it least of late is next, whatever the queue."""

import asyncio
import time
from bisect import insort
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count

from backchannel.budgets.rates import RateBudget
from backchannel.domain.errors import Overloaded

Rank = tuple[Sequence[float], int]
"""Recent uses of the keys, then the order of arrival; the lowest is next."""


class LeastUsed:
    """Admits at most `concurrent` at once, and next those whose keys were used least.

    Where round robin gives each of 400 addresses as many turns as one user's, this lets the user
    pass: the others have had theirs. Of several keys the first counts most. At most `waiting`
    wait, and the one that was used most is refused. For use on one event loop.
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
        """Wait for a turn and hold it: one use of each key, also where this raises `Overloaded`."""
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
                self._waiting = [each for each in self._waiting if each[1] is not admitted]
            raise

    def _refuse_one_for(self, rank: Rank) -> None:
        """Refuse the one that was used most, which may be the new one."""
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
