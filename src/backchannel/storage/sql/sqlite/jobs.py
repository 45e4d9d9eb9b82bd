"""Work for threads: a queue of jobs from the event loop, and the readers that do some of them."""

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from backchannel.domain.errors import ChatError, Overloaded, Unavailable
from backchannel.storage.shared.threads import Job
from backchannel.storage.sql.database import Unreadable
from backchannel.storage.sql.sqlite.connection import SqliteConnection, StatementCache, finish
from backchannel.storage.sql.sqlite.driver import Driver
from backchannel.storage.sql.sqlite.faults import MISTAKES, as_refusal, as_unavailable

T = TypeVar("T")

Work = Callable[[SqliteConnection], Coroutine[Any, Any, Any]]

_logger = logging.getLogger("backchannel.storage")


@dataclass(eq=False, slots=True, kw_only=True)
class SqliteJob(Job[Work]):
    """A job for the thread of a connection, and the event loop of its caller.

    One that is `outside_transaction` is done outside of every transaction.
    """

    loop: asyncio.AbstractEventLoop
    outside_transaction: bool = False


def resolve(jobs: Iterable[SqliteJob]) -> None:
    """Give all callers their outcomes: one call into each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[SqliteJob]] = {}
    for job in jobs:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, mine in by_loop.items():
        # If the loop is closed, no task is waiting for the result.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_resolve, mine)


def _resolve(jobs: list[SqliteJob]) -> None:
    for job in jobs:
        job.resolve()


@dataclass(eq=False, slots=True)
class JobQueue:
    """A bounded queue from an event loop to threads."""

    limit: int
    _jobs: queue.SimpleQueue[SqliteJob | None] = field(default_factory=queue.SimpleQueue)
    _closed: bool = False

    async def run(
        self, work: Callable[[SqliteConnection], Awaitable[T]], *, outside_transaction: bool = False
    ) -> T:
        """Do `work` on a thread. Raises `Overloaded` at once if too much is queued."""
        if self._closed:
            raise Unavailable("the database is closed", retry_after=1)
        if self._jobs.qsize() >= self.limit:
            raise Overloaded("the database has too much to do; try again shortly", retry_after=1)
        loop = asyncio.get_running_loop()
        job = SqliteJob(
            work,  # type: ignore[arg-type]
            loop.create_future(),
            loop=loop,
            outside_transaction=outside_transaction,
        )
        self._jobs.put(job)
        result: T = await job.future
        return result

    def take(self, timeout: float | None = None) -> SqliteJob | None:
        """The next job, waited for; None once the queue is closed and empty.

        Raises `queue.Empty` if none comes within `timeout` seconds.
        """
        job = self._jobs.get(timeout=timeout)
        if job is None:
            # Leave the mark of the end for the next thread.
            self._jobs.put(None)
        return job

    def take_more(self, most: int) -> list[SqliteJob]:
        """Up to `most` jobs that are queued already."""
        jobs: list[SqliteJob] = []
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


class Reader:
    """Does jobs one at a time, each in its own snapshot."""

    def __init__(self, driver: Driver, statements: StatementCache, jobs: JobQueue) -> None:
        self._driver = driver
        self._connection = SqliteConnection(driver, statements, reading=True)
        self._jobs = jobs
        self.thread = threading.Thread(target=self._run, name="storage-reader", daemon=True)

    def _run(self) -> None:
        while (job := self._jobs.take()) is not None:
            self._do(job)
            resolve([job])
        self._driver.close()

    def _do(self, job: SqliteJob) -> None:
        try:
            self._driver.execute("BEGIN")
            job.outcome = finish(job.work(self._connection))
        except MISTAKES:
            job.error = as_refusal()
        except sqlite3.Error as error:
            _logger.exception("a query failed")
            job.error = as_unavailable(error)
        except Unreadable as damage:
            _logger.exception("a query met damage")
            job.error = damage
        except ChatError as refusal:
            job.error = refusal
        except Exception as bug:
            _logger.exception("a query failed")
            job.error = bug
        finally:
            self._end()

    def _end(self) -> None:
        if self._driver.in_transaction:
            try:
                self._driver.execute("COMMIT")
            except sqlite3.Error:
                _logger.exception("a snapshot could not be closed")
