"""Reads of a MongoDB database, side by side, and one task that stores waiting transactions."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pymongo
from pymongo.errors import PyMongoError

from backchannel.domain.errors import ChatError, Overloaded, Unavailable
from backchannel.storage.mongodb.lease import Lease
from backchannel.storage.mongodb.link import (
    MISTAKES,
    RETRY_AFTER,
    Client,
    Database,
    Losses,
    Unusable,
    as_refusal,
    is_lost,
    reason,
    without_deadline,
)
from backchannel.storage.mongodb.reader import Reader, View
from backchannel.storage.mongodb.redo import Redo
from backchannel.storage.mongodb.staging import Behind, Staging, Transaction
from backchannel.storage.shared.threads import Job

T = TypeVar("T")
_Job = Job[Callable[[Transaction], Awaitable[Any]]]

QUEUE_LIMIT = 1_024
"""Transactions that may wait."""
MOST_JOBS = 64
"""Transactions in one batch."""
ATTEMPTS = 20
"""The number of retries when the state that was read is no longer the newest."""
BACKOFF_SECONDS = 0.005
"""Seconds by which the wait for other processes grows with each attempt."""
PROBE_SECONDS = 0.25
"""Seconds between attempts to reach a server that is away."""

_logger = logging.getLogger("backchannel.storage")


class Store:
    """A writing task, which stores one batch at a time, and any number of readers."""

    def __init__(
        self, client: Client, database: Database, losses: Losses, lease: Lease | None = None
    ) -> None:
        """`lease` has been claimed; it ends when the database is closed."""
        self._client = client
        self._database = database
        self._losses = losses
        self._redo = Redo(database, losses)
        # The newest batch that is applied; None if it is unknown.
        self._number: int | None = None
        self._losses_seen = 0
        self._committing = asyncio.Lock()
        self._probe: asyncio.Task[None] | None = None
        self._jobs: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._closed = False
        self._is_given_up = False
        self._lease = lease
        self._writer = asyncio.create_task(self._write_all())

    async def read(self, work: Callable[[View], Awaitable[T]]) -> T:
        """Do `work`, which only reads. Raises `Unavailable`, `Invalid`."""
        self._require_open()
        for _ in range(ATTEMPTS):
            await self._settle()
            losses = self._losses.count
            try:
                outcome = await self._read(work)
            except MISTAKES as mistake:
                raise as_refusal(mistake) from None
            except PyMongoError as error:
                if self._losses.count == losses or not is_lost(error):
                    raise self._refused(error) from error
                continue
            if self._losses.count == losses:
                return outcome
        raise Unavailable("the database cannot be reached", retry_after=RETRY_AFTER)

    async def _read(self, work: Callable[[View], Awaitable[T]]) -> T:
        """Do `work`. Raises `Unusable` if it found nothing because the database is gone."""
        reader = Reader(self._database)
        try:
            return await work(reader)
        finally:
            await self._require_kept(reader)

    async def _require_kept(self, reader: Reader) -> None:
        if reader.found_nothing:
            await self._redo.require_kept()

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Do `work` as one transaction, and return once it is durable (rule R1) and visible.

        Raises `Overloaded`, `Unavailable`, and the errors of `work`: then nothing is stored.
        """
        self._require_open()
        self._require_reached()
        if self._jobs.qsize() >= QUEUE_LIMIT:
            raise Overloaded("the database has too much to do; try again shortly", retry_after=1)
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put_nowait(_Job(work, future))
        return await future

    async def check(self) -> None:
        """Raise `Unavailable` unless the database can be reached, and was not dropped."""
        await self.read(lambda _: self._redo.require_kept())

    async def run(self, work: Callable[[Database], Awaitable[T]]) -> T:
        """Do `work` outside of a transaction, however long it takes. Raises `Unavailable`."""
        await self._settle()
        try:
            with without_deadline():
                return await work(self._database)
        except PyMongoError as error:
            raise self._refused(error) from error

    async def forget_batch(self) -> None:
        """Delete the copy of the newest batch. Raises `Unavailable`."""
        try:
            async with self._committing:
                await self._redo.forget()
        except PyMongoError as error:
            raise self._refused(error) from error

    async def close(self) -> None:
        """Finish the queued jobs and close the database."""
        self._closed = True
        self._jobs.put_nowait(None)
        await self._writer
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.gather(self._probe, return_exceptions=True)
        if self._lease is not None:
            await self._lease.close()
        await self._client.close()

    def _require_open(self) -> None:
        if self._closed:
            raise Unavailable("the database is closed", retry_after=RETRY_AFTER)

    def _require_reached(self) -> None:
        """Refuse at once while the server is away (rule R9), or after the database was given up."""
        if self._is_given_up or (self._lease is not None and self._lease.lost):
            raise as_refusal(Unusable())
        if self._probe is not None and not self._probe.done():
            raise Unavailable("the database cannot be reached", retry_after=RETRY_AFTER)

    async def _settle(self) -> None:
        """Make sure that the newest batch is applied, also after the server was restarted."""
        self._require_reached()
        if self._number is not None and self._losses_seen == self._losses.count:
            return
        try:
            async with self._committing:
                await self._settle_now()
        except PyMongoError as error:
            raise self._refused(error) from error

    async def _settle_now(self) -> int:
        while self._number is None or self._losses_seen != self._losses.count:
            self._losses_seen = self._losses.count
            self._number = await self._redo.settle()
        return self._number

    def _refused(self, error: PyMongoError, *, committing: bool = False) -> ChatError:
        """The error for the caller; if the server is unreachable, start waiting for it."""
        self._number = None
        if is_lost(error):
            if self._probe is None or self._probe.done():
                _logger.warning("the database cannot be reached: %s", reason(error))
                self._probe = asyncio.create_task(self._reach())
        elif isinstance(error, Unusable):
            self._give_up(error)
        else:
            _logger.error("the database has refused: %s", reason(error))
        return as_refusal(error, committing=committing)

    def _give_up(self, error: Unusable) -> None:
        if not self._is_given_up:
            self._is_given_up = True
            _logger.critical("the database is no longer used: %s", error)

    async def _reach(self) -> None:
        """Return once the server is reachable again and has all batches, or this is closed."""
        while not self._closed:  # the driver may suppress a cancellation
            try:
                async with self._committing:
                    with pymongo.timeout(1):
                        await self._database.command("ping")
                    await self._settle_now()
            except Unusable as error:
                self._give_up(error)
                return
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
                    each.resolve()
                jobs = jobs[stored:]

    async def _store(self, jobs: list[_Job]) -> int:
        """Do the first of these jobs as one batch; returns their number."""
        try:
            for attempt in range(ATTEMPTS):
                if stored := await self._try_to_store(jobs):
                    return stored
                # Another process was faster: wait longer with each attempt.
                await asyncio.sleep(random.uniform(0, attempt * BACKOFF_SECONDS))  # noqa: S311
            refusal: ChatError = Overloaded("too many processes write at once", retry_after=1)
        except PyMongoError as error:
            refusal = self._refused(error)
        except ChatError as away:
            refusal = away
        except Exception as bug:
            # A single job is at fault, for example with a document that is too large.
            self._number = None
            if len(jobs) > 1:
                return await self._store(jobs[:1])
            _logger.exception("a transaction could not be stored")
            jobs[0].error = bug
            return 1
        for job in jobs:
            job.error = type(refusal)(refusal.text, retry_after=refusal.retry_after)
        return len(jobs)

    async def _try_to_store(self, jobs: list[_Job]) -> int:
        """Like `_store`; 0 if the state that was read is no longer the newest."""
        self._require_reached()
        async with self._committing:
            number = await self._settle_now()
            losses = self._losses.count
            staging, reader = Staging(number + 1), Reader(self._database)
            done = 0
            for job in jobs:
                if not await self._do(job, Transaction(reader, staging)):
                    break
                done += 1
            if self._losses.count != losses:
                return 0
            if staging:
                statements = await staging.statements()
                try:
                    is_next = await self._redo.commit(number + 1, statements)
                except PyMongoError as error:
                    raise self._refused(error, committing=True) from error
                self._number = number + 1 if is_next else None
                return done if is_next else 0
            await self._require_kept(reader)
        return done

    async def _do(self, job: _Job, transaction: Transaction) -> bool:
        """Stage the changes of a job; False if the jobs before it have to be stored first."""
        job.error = None
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
