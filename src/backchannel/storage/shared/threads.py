"""Threads of a storage: the event loop of a database server, and jobs whose callers wait.

A batch of a thousand messages keeps Python busy for some milliseconds: the event loop of the
server goes on meanwhile.
"""

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import uvloop

T = TypeVar("T")

COMPILING = threading.Lock()
"""Held while a Struct's first decoder is made.

While another thread is making it, msgspec would use the unfinished decoder, which crashes the
process.
"""

Work = TypeVar("Work")


class LoopThread:
    """A thread with an event loop, to which coroutines are handed over."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="storage", daemon=True)
        self._thread.start()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do `work` there; it goes on if its caller gives up."""
        handed_over = asyncio.run_coroutine_threadsafe(work, self._loop)
        return await asyncio.shield(asyncio.wrap_future(handed_over))

    async def stop(self) -> None:
        """End the thread, in which nothing may be running."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()


@dataclass(eq=False, slots=True)
class Job(Generic[Work]):
    """The `work`, and its `outcome` or `error` once it is done."""

    work: Work
    future: asyncio.Future[Any]
    outcome: Any = None
    error: BaseException | None = None

    def resolve(self) -> None:
        """Give the caller the outcome, unless it has given up waiting.

        Call it on the event loop of the caller.
        """
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.outcome)
        else:
            self.future.set_exception(self.error)
