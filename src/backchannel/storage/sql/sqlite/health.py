"""Damage in the file: its structure is checked before any write, its messages afterwards (R18)."""

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import BigInteger, func, select

from backchannel.storage import CannotOpen
from backchannel.storage.shared.checksummed_message import ChecksummedMessage, is_intact
from backchannel.storage.shared.search import parts
from backchannel.storage.sql.database import Unreadable
from backchannel.storage.sql.page_queries import SIZE
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.rows import CHECKSUMMED_COLUMNS, MESSAGES, SizedMessage
from backchannel.storage.sql.schema import message
from backchannel.storage.sql.sqlite.connection import SqliteConnection, StatementCache, finish
from backchannel.storage.sql.sqlite.driver import Connect, Driver, open_reader

SPAN = 200
"""Messages that are looked at before the caller may pause."""

HAS_CHECKSUMS = "SELECT count(*) FROM pragma_table_info('message') WHERE name = 'checksum'"
LAST = select(func.coalesce(func.max(message.c.number), 0))
SIZES = (
    select(message.c.number, SIZE)
    .where(message.c.number > parameter("after"), message.c.number <= parameter("last"))
    .order_by(message.c.number)
)
MESSAGES_OF = (
    select(*CHECKSUMMED_COLUMNS)
    .select_from(MESSAGES)
    .where(message.c.number.in_(any_of("numbers", BigInteger)))
)
UNCHECKED = select(func.count()).where(message.c.checksum.is_(None), message.c.deleted_at.is_(None))

CHECK_AT_ONCE = 64 * 1024 * 1024
"""Bytes up to which a file is checked before the server starts: about a tenth of a second."""

SCAN_AFTER = 5.0
SCAN_PAUSE = 0.05
"""Seconds from the start until the messages are looked at, and between two spans of them."""
MOST_NAMED = 20
"""Damaged messages that are named in the log."""

_logger = logging.getLogger("backchannel.storage")


def can_scan(driver: Driver) -> bool:
    """True for a database whose messages have checksums."""
    try:
        return bool(driver.execute(HAS_CHECKSUMS).fetchone()[0])
    except sqlite3.DatabaseError:
        return False


def scan(driver: Driver) -> Iterator[list[str]]:
    """Damaged messages, span by span, so that the caller may pause in between.

    Messages that are stored after this call are not looked at.
    """
    connection = SqliteConnection(driver, StatementCache(), reading=True)
    try:
        (last,) = finish(connection.fetch(LAST, int))
    except Unreadable:
        return iter([["the table of messages cannot be read"]])
    return (_damaged_span(connection, after, last) for after in range(0, last, SPAN))


def count_unchecked(driver: Driver) -> int:
    """Count the messages from before there were checksums. Raises `Unreadable`."""
    (count,) = finish(
        SqliteConnection(driver, StatementCache(), reading=True).fetch(UNCHECKED, int)
    )
    return count


def _damaged_span(connection: SqliteConnection, after: int, last: int) -> list[str]:
    last = min(after + SPAN, last)
    try:
        return _damaged(connection, after, last)
    except Unreadable:
        return [each for number in range(after, last) for each in _damaged_one(connection, number)]


def _damaged(connection: SqliteConnection, after: int, last: int) -> list[str]:
    sizes = finish(connection.fetch(SIZES, SizedMessage, after=after, last=last))
    return [
        f"message {each.seq} of conversation {each.conversation_id} is damaged"
        for part in parts(sizes)
        for each in _read(connection, part)
        if not is_intact(each)
    ]


def _read(connection: SqliteConnection, part: Sequence[SizedMessage]) -> list[ChecksummedMessage]:
    numbers = [each.number for each in part]
    return finish(connection.fetch(MESSAGES_OF, ChecksummedMessage, numbers=numbers))


def _damaged_one(connection: SqliteConnection, after: int) -> list[str]:
    try:
        return _damaged(connection, after, after + 1)
    except Unreadable:
        return [f"the message with the number {after + 1} cannot be read"]


def find_damage(driver: Driver) -> str | None:
    """The damage to the structure of the file; None if there is none."""
    try:
        (finding,) = driver.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            return None
        return str(error)
    return None if finding == "ok" else str(finding).splitlines()[-1]


def damaged(path: Path, finding: str) -> CannotOpen:
    """The refusal of a damaged file."""
    return CannotOpen(
        f"{path} is damaged ({finding}); stop the server and restore a backup with"
        " `backchannel restore`"
    )


def is_small(path: Path) -> bool:
    """True if the file can be checked without delaying the start."""
    return path.stat().st_size <= CHECK_AT_ONCE


class IntegrityCheck:
    """Checks the file while the server runs already.

    `report` is called for structural damage in a file that is too large to be checked before.
    Damaged messages are named in the log.
    """

    def __init__(
        self, path: Path, connect: Connect, report: Callable[[str], None], *, structure: bool
    ) -> None:
        self._driver = open_reader(path, connect)
        self._report = report
        self._structure = structure
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="storage-check", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            # New messages are not damaged yet: only older messages are checked.
            spans = scan(self._driver)
            finding = find_damage(self._driver) if self._structure else None
            if finding is not None:
                self._report(f"the file is damaged ({finding}); restore a backup")
            elif not self._ended.wait(SCAN_AFTER):
                self._log_damage(spans)
        except sqlite3.Error as error:
            if not self._ended.is_set():
                _logger.warning("the messages could not be checked: %s", error)
        finally:
            self._driver.close()

    def _log_damage(self, spans: Iterator[list[str]]) -> None:
        named = 0
        for damaged in spans:
            for each in damaged[: MOST_NAMED - named]:
                _logger.error("%s", each)
            named += len(damaged)
            if self._ended.wait(SCAN_PAUSE):
                return
        if named:
            _logger.error(
                "%d messages are damaged, all others are whole; `backchannel doctor --deep` names"
                " them",
                named,
            )

    def wait(self) -> None:
        """Wait for the end of the check."""
        self._thread.join()

    def close(self) -> None:
        """Give up the check if it still runs."""
        self._ended.set()
        if self._thread.is_alive():
            with contextlib.suppress(sqlite3.ProgrammingError):  # it has just ended
                self._driver.interrupt()
            self._thread.join()
