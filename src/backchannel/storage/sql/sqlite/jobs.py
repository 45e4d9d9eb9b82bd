"""Work for a thread: handed over by the event loop, answered on it."""

import asyncio
import contextlib
import queue
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from backchannel.domain.errors import Overloaded, Unavailable
from backchannel.storage.sql.sqlite.connection import SqliteConnection

T = TypeVar("T")

Work = Callable[[SqliteConnection], Coroutine[Any, Any, Any]]


@dataclass(eq=False, slots=True)
class Job:
    """A piece of work and who waits for it.

    One that is `apart` is done outside of every transaction.
    """

    work: Work
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    apart: bool = False
    outcome: Any = None
    error: BaseException | None = None

    def answer(self) -> None:
        """Wake the caller that waits, unless it has given up."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.outcome)
        else:
            self.future.set_exception(self.error)


def answer(jobs: Iterable[Job]) -> None:
    """Wake everyone who waits for these jobs: one call into each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in jobs:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, mine in by_loop.items():
        # A loop that has been closed has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_answer, mine)


def _answer(jobs: list[Job]) -> None:
    for job in jobs:
        job.answer()


@dataclass(eq=False, slots=True)
class JobQueue:
    """A bounded queue from an event loop to threads."""

    limit: int
    _jobs: queue.SimpleQueue[Job | None] = field(default_factory=queue.SimpleQueue)
    _closed: bool = False

    async def submit(
        self, work: Callable[[SqliteConnection], Awaitable[T]], *, apart: bool = False
    ) -> T:
        """Wait for a thread to do `work`. Raises `Overloaded` at once if too much is queued."""
        if self._closed:
            raise Unavailable("the database is closed", retry_after=1)
        if self._jobs.qsize() >= self.limit:
            raise Overloaded("the database has too much to do; try again shortly", retry_after=1)
        loop = asyncio.get_running_loop()
        job = Job(work, loop, loop.create_future(), apart)  # type: ignore[arg-type]
        self._jobs.put(job)
        result: T = await job.future
        return result

    def take(self, patience: float | None = None) -> Job | None:
        """The next job, waited for; None once the queue is closed and empty.

        Raises `queue.Empty` if none comes within `patience` seconds.
        """
        job = self._jobs.get(timeout=patience)
        if job is None:
            # Leave the mark of the end for the next thread.
            self._jobs.put(None)
        return job

    def take_more(self, most: int) -> list[Job]:
        """Up to `most` jobs that are queued already."""
        jobs: list[Job] = []
        while len(jobs) < most:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            jobs.append(job)
        return jobs

    def close(self) -> None:
        """Take no more jobs; those queued are done."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
