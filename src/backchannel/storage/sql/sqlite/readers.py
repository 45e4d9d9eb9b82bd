"""The readers: a few threads, each with a connection that cannot write."""

import logging
import sqlite3
import threading

from backchannel.domain.errors import ChatError
from backchannel.storage.sql.database import Unreadable
from backchannel.storage.sql.sqlite.connection import SqliteConnection, Texts, finish
from backchannel.storage.sql.sqlite.driver import Driver
from backchannel.storage.sql.sqlite.faults import MISTAKES, as_refusal, as_unavailable
from backchannel.storage.sql.sqlite.jobs import Job, JobQueue, answer

_logger = logging.getLogger("backchannel.storage")


class Reader:
    """Does jobs one at a time, each in a snapshot of its own."""

    def __init__(self, driver: Driver, texts: Texts, jobs: JobQueue) -> None:
        self._driver = driver
        self._connection = SqliteConnection(driver, texts, reading=True)
        self._jobs = jobs
        self.thread = threading.Thread(target=self._run, name="storage-reader", daemon=True)

    def _run(self) -> None:
        while (job := self._jobs.take()) is not None:
            self._do(job)
            answer([job])
        self._driver.close()

    def _do(self, job: Job) -> None:
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
