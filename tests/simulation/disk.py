"""SQLite without threads: the real writer and reader, step by step, and its faults."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Any, TypeVar, cast

from backchannel.storage.sql.database import Transaction
from backchannel.storage.sql.sqlite.connection import StatementCache
from backchannel.storage.sql.sqlite.jobs import JobQueue, Reader
from backchannel.storage.sql.sqlite.writer import MOST_JOBS, Writer

T = TypeVar("T")

TEXTS = StatementCache()
"""Compiled once for all runs."""


class Step(Enum):
    """The points of a commit at which a process may die."""

    BEFORE = "everything is written, nothing is committed"
    AFTER = "it is on disk, and nobody has been told"


class Died(BaseException):
    """The process has died; no `except Exception` catches it."""


@dataclass
class Disk:
    """The parts that outlive a process: a database, and its current fault.

    To the real writer it is its driver.
    """

    database: sqlite3.Connection
    rng: Random
    normal_delay: float
    """Most seconds that a step of the storage takes when all is well."""
    refuses: bool = False
    """Nothing can be written, as on a full disk."""
    die_in: deque[Step] = field(default_factory=deque)
    """The next commits end like this."""

    def __post_init__(self) -> None:
        self.delay = self.normal_delay

    def heal(self) -> None:
        """End all faults."""
        self.refuses = False
        self.delay = self.normal_delay
        self.die_in.clear()

    @property
    def in_transaction(self) -> bool:
        return self.database.in_transaction

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if sql != "COMMIT":
            return self.database.execute(sql, parameters)
        if self.refuses:
            raise _full()
        step = self.die_in.popleft() if self.die_in else None
        if step is Step.BEFORE:
            raise Died
        cursor = self.commit()
        if step is Step.AFTER:
            raise Died
        return cursor

    def commit(self) -> sqlite3.Cursor:
        return self.database.execute("COMMIT")

    def crash(self) -> None:
        """The process dies: everything that it had not committed is undone."""
        if self.in_transaction:
            self.database.execute("ROLLBACK")

    def interrupt(self) -> None:
        self.database.interrupt()

    def close(self) -> None:
        self.database.close()


def _full() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    error.sqlite_errorname = "SQLITE_FULL"
    return error


class SimulatedDatabase:
    """`sql.database.Database` whose writer and readers take their turns on the event loop.

    The queues, the writer and the reader are the real ones; only their threads are not
    started. `died` is called when the process has died in a commit.
    """

    def __init__(self, disk: Disk, died: Callable[[], None], *, queued: int) -> None:
        self._disk = disk
        self._died = died
        self._loop = asyncio.get_running_loop()
        self._writes = JobQueue(queued)
        self._reads = JobQueue(queued)
        self._writer = Writer(disk, TEXTS, self._writes)
        self._reader = Reader(disk.database, TEXTS, self._reads)
        self._writing = False
        self._written = _Answers(self, in_order=True)
        self._read = _Answers(self, in_order=False)
        self._unanswered: list[object] = []
        self.dead = False

    async def read(self, work: Callable[[Transaction], Awaitable[T]], /) -> T:
        await self._outlive()
        self._loop.call_later(self.delay(), self._read_one)
        return await self._reads.run(work)

    async def write(
        self, work: Callable[[Transaction], Awaitable[T]], /, *, essential: bool = False
    ) -> T:
        del essential  # there is no disk reserve
        await self._outlive()
        if not self._writing:
            self._writing = True
            self._loop.call_later(self.delay(), self._write_some)
        return await self._writes.run(work)

    async def write_in_turn(self, work: Callable[[Transaction], Awaitable[T]], /) -> T:
        return await self.write(work)

    async def overwrite_unused(self) -> None:
        raise NotImplementedError

    async def copy_log(self) -> None:
        raise NotImplementedError

    async def check(self) -> None:
        """The simulated disk is always available."""

    async def close(self) -> None:
        self.dead = True

    def drop(self, answer: object) -> None:
        """The process died before this was reported: the waiting task waits forever."""
        self._unanswered.append(answer)

    def delay(self) -> float:
        return self._disk.delay * self._disk.rng.random()

    async def _outlive(self) -> None:
        if self.dead:
            answer = self._loop.create_future()
            self._unanswered.append(answer)
            await answer

    def _read_one(self) -> None:
        for job in () if self.dead else self._reads.take_more(1):
            job.loop = self._read.as_loop()
            self._reader._do(job)
            job.loop.call_soon_threadsafe(job.resolve)

    def _write_some(self) -> None:
        jobs = [] if self.dead else self._writes.take_more(MOST_JOBS)
        self._writing = bool(jobs)
        if not jobs:
            return
        for job in jobs:
            job.loop = self._written.as_loop()
        try:
            self._writer._do_all(jobs)
        except Died:
            self._died()
        else:
            self._loop.call_later(self.delay(), self._write_some)


class _Answers:
    """Passes a thread's results to the event loop, some time later."""

    def __init__(self, database: SimulatedDatabase, *, in_order: bool) -> None:
        self._database = database
        self._in_order = in_order
        self._loop = asyncio.get_running_loop()
        self._last = 0.0

    def as_loop(self) -> asyncio.AbstractEventLoop:
        """A thread uses nothing else of the loop."""
        return cast("asyncio.AbstractEventLoop", self)

    def call_soon_threadsafe(self, callback: Callable[..., None], *args: Any) -> None:
        due = self._loop.time() + self._database.delay()
        if self._in_order:
            due = self._last = max(due, self._last + 1e-6)
        self._loop.call_at(due, self._bring, callback, args)

    def _bring(self, callback: Callable[..., None], args: tuple[Any, ...]) -> None:
        if self._database.dead:
            self._database.drop((callback, args))
        else:
            callback(*args)
