"""The one writer: a thread that commits the queued jobs, many at a time."""

import logging
import queue
import sqlite3
import threading
import time
from itertools import groupby
from operator import attrgetter

from backchannel.domain.errors import ChatError, Unavailable
from backchannel.storage.sql.sqlite.connection import SqliteConnection, StatementCache, finish
from backchannel.storage.sql.sqlite.driver import Driver
from backchannel.storage.sql.sqlite.faults import (
    MISTAKES,
    as_refusal,
    as_unavailable,
    is_damage,
    is_failed_sync,
    is_unindexed,
)
from backchannel.storage.sql.sqlite.indexer import Indexer
from backchannel.storage.sql.sqlite.jobs import JobQueue, SqliteJob, resolve
from backchannel.storage.sql.sqlite.reserve import DiskReserve
from backchannel.storage.sql.sqlite.rollback import CommitCount, count_commit

MOST_JOBS = 64
"""Jobs in one transaction."""
NOTHING = "PRAGMA user_version = 0"
"""A commit that changes nothing, and yet writes a page."""

_logger = logging.getLogger("backchannel.storage")


class Writer:
    """Commits jobs in the order they were queued; answers each once it is on disk (rule R1).

    Jobs that are queued at the same time share a transaction, so that they share its sync.
    When there are none, the full-text index is brought up to date.
    """

    def __init__(
        self,
        driver: Driver,
        statements: StatementCache,
        jobs: JobQueue,
        reserve: DiskReserve | None = None,
        count: CommitCount | None = None,
    ) -> None:
        """While `reserve` is spent, nothing is indexed: others need the room.

        `count` is called for each commit that changes anything.
        """
        self._driver = driver
        self._connection = SqliteConnection(driver, statements)
        self._jobs = jobs
        self._reserve = reserve
        self._count = count
        self._indexer = Indexer()
        self._stopped: str | None = None
        self.blocked_since: float | None = None
        """The monotonic time since when no transaction could begin; None if the last one did."""
        self.at_work = threading.Lock()
        """Held while the file may be written."""
        self.thread = threading.Thread(target=self._run, name="storage-writer", daemon=True)

    @property
    def stopped(self) -> str | None:
        """The reason why writing has stopped; None if it has not."""
        return self._stopped

    def stop(self, reason: str) -> None:
        """Refuse to write from now on, until the database is opened again (rule R10)."""
        if self._stopped is None:
            _logger.critical("the database is no longer written to: %s", reason)
            self._stopped = reason

    def _run(self) -> None:
        while True:
            began = time.monotonic()
            try:
                job = self._jobs.take(self._indexer.timeout)
            except queue.Empty:
                self._index()
                continue
            if job is None:
                break
            waited = time.monotonic() - began
            with self.at_work:
                self._do_all([job, *self._jobs.take_more(MOST_JOBS - 1)])
            self._indexer.note_writes(waited=waited)
            if self._indexer.is_due:
                self._index()
        self._close()

    def _do_all(self, jobs: list[SqliteJob]) -> None:
        for outside_transaction, group in groupby(jobs, key=attrgetter("outside_transaction")):
            consecutive = list(group)
            if outside_transaction:
                self._do_outside_transaction(consecutive)
            elif not self._commit(consecutive):
                # One of them failed half-way: run alone, it fails no other job.
                for each in consecutive:
                    self._commit([each])
            resolve(consecutive)

    def _do_outside_transaction(self, jobs: list[SqliteJob]) -> None:
        for job in jobs:
            try:
                if not self._refuse([job]):
                    self._do(job)
            except sqlite3.Error as error:
                self._fail([job], error)

    def _index(self) -> None:
        """Do a step of the indexer. No caller waits for it, so its failure fails no job."""
        if self._stopped is not None or (self._reserve is not None and self._reserve.is_spent):
            self._indexer.give_up()
            return
        try:
            with self.at_work:
                self._driver.execute("BEGIN IMMEDIATE")
                finish(self._indexer.step(self._connection))
                self._driver.execute("COMMIT")
        except sqlite3.Error as error:
            self._indexer.give_up()
            self._fail([], error)
        except Exception:
            _logger.exception("the index for searching could not be brought up to date")
            self._indexer.give_up()
            self._roll_back()

    def _commit(self, jobs: list[SqliteJob]) -> bool:
        """Do jobs in one transaction; False if they have to be done one by one."""
        if self._refuse(jobs):
            return True
        wrote = False
        try:
            self._begin()
            for job in jobs:
                if not self._do(job):
                    self._roll_back()
                    return len(jobs) == 1
                wrote |= self._connection.wrote
            self._end(counted=wrote)
        except sqlite3.Error as error:
            self._fail(jobs, error)
        return True

    def _begin(self) -> None:
        if self.blocked_since is None:
            self.blocked_since = time.monotonic()
        self._driver.execute("BEGIN IMMEDIATE")
        self.blocked_since = None

    def _end(self, *, counted: bool) -> None:
        if self._count is None or not counted:
            self._driver.execute("COMMIT")
            return
        commits = count_commit(self._driver)
        self._driver.execute("COMMIT")
        self._count.note(commits)

    def _refuse(self, jobs: list[SqliteJob]) -> bool:
        """Refuse all jobs if writing has stopped."""
        if self._stopped is not None:
            _set_errors(jobs, Unavailable(f"the database is no longer written to: {self._stopped}"))
        return self._stopped is not None

    def _do(self, job: SqliteJob) -> bool:
        """False if the job has failed and has left something in the transaction."""
        self._connection.wrote = False
        job.error = None
        try:
            job.outcome = finish(job.work(self._connection))
        except MISTAKES:
            job.error = as_refusal()
        except sqlite3.Error:
            raise
        except ChatError as refusal:
            job.error = refusal
        except Exception as bug:
            _logger.exception("a transaction failed")
            job.error = bug
        return job.error is None or not self._connection.wrote

    def _fail(self, jobs: list[SqliteJob], error: sqlite3.Error) -> None:
        """Fail all jobs of the transaction; nothing of it was stored or is retried (rule R10)."""
        self._note(error)
        self._roll_back()
        if is_unindexed(error):
            self._overwrite()
        _set_errors(jobs, as_unavailable(error))

    def _note(self, error: sqlite3.Error) -> None:
        _logger.error("a transaction failed: %s", error)
        if is_failed_sync(error):
            self.stop("the disk failed to sync; check it, then restart the server")
        elif is_damage(error):
            self.stop("the file is damaged; restore a backup")

    def _overwrite(self) -> None:
        """Overwrite a commit in the log that is about to be refused, with a harmless one.

        Otherwise it would be there after a kill. It does not matter if this one fails as well.
        """
        try:
            self._driver.execute(NOTHING)
        except sqlite3.Error as error:
            if not is_unindexed(error):
                self._note(error)

    def _roll_back(self) -> None:
        if self._driver.in_transaction:
            try:
                self._driver.execute("ROLLBACK")
            except sqlite3.Error as error:
                self.stop(f"a transaction could not be undone ({error})")

    def _close(self) -> None:
        try:
            if self._stopped is None:
                self._driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            # The log keeps everything; the next start reads it.
            _logger.warning("the write-ahead log was not emptied: %s", error)
        finally:
            self._driver.close()


def _set_errors(jobs: list[SqliteJob], error: Unavailable) -> None:
    for job in jobs:
        job.error = type(error)(error.text, retry_after=error.retry_after)
