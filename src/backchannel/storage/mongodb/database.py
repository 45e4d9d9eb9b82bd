"""An open database: reads as they come, and one task that commits what is queued."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pymongo
from pymongo.errors import PyMongoError

from backchannel.domain.errors import ChatError, Overloaded, Unavailable
from backchannel.storage.mongodb.link import (
    MISTAKES,
    RETRY_AFTER,
    Client,
    Database,
    Losses,
    as_refusal,
    is_lost,
)
from backchannel.storage.mongodb.reader import Reader, View
from backchannel.storage.mongodb.redo import Redo
from backchannel.storage.mongodb.staging import Behind, Staging, Transaction

T = TypeVar("T")

QUEUE_LIMIT = 1_024
"""Transactions that may wait."""
MOST_JOBS = 64
"""Transactions in one batch."""
ATTEMPTS = 20
"""The number of retries when the state that was read is no longer the newest."""
GIVEN_WAY = 0.005
"""Seconds by which the wait for other processes grows with each attempt."""
PROBE_SECONDS = 0.25
"""Seconds between attempts to reach a server that is away."""

_logger = logging.getLogger("backchannel.storage")


@dataclass(eq=False, slots=True)
class _Job:
    """A transaction and who waits for it."""

    work: Callable[[Transaction], Awaitable[Any]]
    future: asyncio.Future[Any]
    outcome: Any = None
    error: BaseException | None = None

    def answer(self) -> None:
        """Wake the caller, unless it has given up."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.outcome)
        else:
            self.future.set_exception(self.error)


class MongoDatabase:
    """A writing task, which stores one batch at a time, and any number of readers."""

    def __init__(self, client: Client, database: Database, losses: Losses) -> None:
        self._client = client
        self._database = database
        self._losses = losses
        self._redo = Redo(database)
        self._reader = Reader(database)
        # The newest batch that is applied; None where that has to be found out.
        self._number: int | None = None
        self._losses_seen = 0
        self._committing = asyncio.Lock()
        self._probe: asyncio.Task[None] | None = None
        self._jobs: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._closed = False
        self._writer = asyncio.create_task(self._write_all())

    async def read(self, work: Callable[[View], Awaitable[T]]) -> T:
        """Do `work`, which only reads. Raises `Unavailable`, `Invalid`."""
        self._require_open()
        for _ in range(ATTEMPTS):
            await self._settle()
            losses = self._losses.count
            try:
                outcome = await work(self._reader)
            except MISTAKES as mistake:
                raise as_refusal(mistake) from None
            except PyMongoError as error:
                if self._losses.count == losses or not is_lost(error):
                    raise self._refused(error) from error
                continue
            if self._losses.count == losses:
                return outcome
        raise Unavailable("the database cannot be reached", retry_after=RETRY_AFTER)

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Do `work` as one transaction, and return once it is durable (rule R1) and visible.

        Raises `Overloaded`, `Unavailable`, and what `work` raises: then nothing is stored.
        """
        self._require_open()
        self._require_reached()
        if self._jobs.qsize() >= QUEUE_LIMIT:
            raise Overloaded("the database has too much to do; try again shortly", retry_after=1)
        job = _Job(work, asyncio.get_running_loop().create_future())
        self._jobs.put_nowait(job)
        outcome: T = await job.future
        return outcome

    async def check(self) -> None:
        """Raise `Unavailable` unless the database can be reached."""
        await self.read(lambda _: self._database.command("ping"))

    async def forget_batch(self) -> None:
        """Keep no copy of what was written last. Raises `Unavailable`."""
        try:
            async with self._committing:
                await self._redo.forget()
        except PyMongoError as error:
            raise self._refused(error) from error

    async def close(self) -> None:
        """Finish what is queued and let go."""
        if not self._closed:
            self._closed = True
            self._jobs.put_nowait(None)
        await self._writer
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.gather(self._probe, return_exceptions=True)
        await self._client.close()

    def _require_open(self) -> None:
        if self._closed:
            raise Unavailable("the database is closed", retry_after=RETRY_AFTER)

    def _require_reached(self) -> None:
        """Refuse at once while the server is away (rule R9)."""
        if self._probe is not None and not self._probe.done():
            raise Unavailable("the database cannot be reached", retry_after=RETRY_AFTER)

    async def _settle(self) -> None:
        """Make sure that the newest batch is applied, also after the server was started anew."""
        self._require_reached()
        if self._is_settled():
            return
        try:
            async with self._committing:
                await self._settle_now()
        except PyMongoError as error:
            raise self._refused(error) from error

    def _is_settled(self) -> bool:
        return self._number is not None and self._losses_seen == self._losses.count

    async def _settle_now(self) -> int:
        while self._number is None or self._losses_seen != self._losses.count:
            self._losses_seen = self._losses.count
            self._number = await self._redo.settle()
        return self._number

    def _refused(self, error: PyMongoError) -> ChatError:
        """The error for the caller; if the server is unreachable, start waiting for it."""
        self._number = None
        if is_lost(error):
            if self._probe is None or self._probe.done():
                _logger.warning("the database cannot be reached: %s", error)
                self._probe = asyncio.create_task(self._reach())
        else:
            _logger.error("the database has refused: %s", error)
        return as_refusal(error)

    async def _reach(self) -> None:
        """Return once the server is there again and has everything, or this is closed."""
        while not self._closed:  # the driver may swallow a cancellation
            try:
                async with self._committing:
                    with pymongo.timeout(1):
                        await self._database.command("ping")
                    await self._settle_now()
            except PyMongoError:
                await asyncio.sleep(PROBE_SECONDS)
            else:
                _logger.warning("the database can be reached again")
                return

    async def _write_all(self) -> None:
        while (job := await self._jobs.get()) is not None:
            jobs = [job]
            while len(jobs) < MOST_JOBS and not self._jobs.empty():
                following = self._jobs.get_nowait()
                if following is None:
                    self._jobs.put_nowait(None)
                    break
                jobs.append(following)
            while jobs:
                stored = await self._store(jobs)
                for each in jobs[:stored]:
                    each.answer()
                jobs = jobs[stored:]

    async def _store(self, jobs: list[_Job]) -> int:
        """Do the first of these jobs as one batch; how many they are."""
        try:
            for attempt in range(ATTEMPTS):
                if stored := await self._try_to_store(jobs):
                    return stored
                # Another process has been faster: the longer it goes on, the more it is given way.
                await asyncio.sleep(random.uniform(0, attempt * GIVEN_WAY))  # noqa: S311
            refusal: ChatError = Overloaded("too many processes write at once", retry_after=1)
        except PyMongoError as error:
            refusal = self._refused(error)
        except ChatError as away:
            refusal = away
        for job in jobs:
            job.error = type(refusal)(refusal.text, retry_after=refusal.retry_after)
        return len(jobs)

    async def _try_to_store(self, jobs: list[_Job]) -> int:
        """Like `_store`; 0 if the state that was read is no longer the newest."""
        self._require_reached()
        async with self._committing:
            number = await self._settle_now()
            losses = self._losses.count
            staging = Staging(number + 1)
            done = 0
            for job in jobs:
                if not await self._do(job, staging):
                    break
                done += 1
            if self._losses.count != losses:
                return 0
            if staging:
                is_next = await self._redo.commit(number + 1, await staging.statements())
                self._number = number + 1 if is_next else None
                return done if is_next else 0
        return done

    async def _do(self, job: _Job, staging: Staging) -> bool:
        """Stage what a job changes; False if the jobs before it have to be stored first."""
        job.error = None
        transaction = Transaction(self._reader, staging)
        try:
            job.outcome = await job.work(transaction)
            await transaction.stage()
        except Behind:
            return False
        except MISTAKES as mistake:
            job.error = as_refusal(mistake)
        except ChatError as refusal:
            job.error = refusal
        except PyMongoError as error:
            if is_lost(error):
                raise
            job.error = self._refused(error)
        except Exception as bug:
            _logger.exception("a transaction failed")
            job.error = bug
        return True


async def open_database(client: Client, database: Database, losses: Losses) -> MongoDatabase:
    """Open a database of the current schema, with everything applied. Raises `PyMongoError`."""
    await Redo(database).settle()
    return MongoDatabase(client, database, losses)
