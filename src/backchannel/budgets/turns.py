"""Turns at scarce work: round robin between keys, so that one key delays only itself."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

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
        patience: float | None = None,
        refusal: str = "too many requests are waiting",
    ) -> None:
        """`waiting_per_key` and `waiting` bound the queue of one key and of all together.

        `patience` bounds the wait for a turn, in seconds.
        """
        self._free = concurrent
        self._per_key = per_key
        self._waiting_per_key = waiting_per_key
        self._most_waiting = waiting
        self._patience = patience
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
            async with asyncio.timeout(self._patience):
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
