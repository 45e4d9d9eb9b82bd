"""Damage in the file: looked for before anything is written to it (rule R18)."""

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from backchannel.storage.errors import CannotOpen
from backchannel.storage.sql.sqlite.driver import Connect, Driver, open_reader
from backchannel.storage.sql.sqlite.scanning import scan

CHECK_AT_ONCE = 64 * 1024 * 1024
"""Bytes up to which a file is checked before the server starts: about a tenth of a second."""


SCAN_AFTER = 5.0
SCAN_PAUSE = 0.05
"""Seconds from the start until the messages are looked at, and between two spans of them."""
MOST_NAMED = 20
"""Damaged messages that are named in the log."""

_logger = logging.getLogger("backchannel.storage")


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


class Watch:
    """Checks the file while the server runs already.

    `report` hears of damage to the structure of a file that is too large to be checked before.
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
            finding = find_damage(self._driver) if self._structure else None
            if finding is not None:
                self._report(f"the file is damaged ({finding}); restore a backup")
            elif not self._ended.wait(SCAN_AFTER):
                self._scan()
        except sqlite3.Error as error:
            if not self._ended.is_set():
                _logger.warning("the messages could not be checked: %s", error)
        finally:
            self._driver.close()

    def _scan(self) -> None:
        named = 0
        for damaged in scan(self._driver):
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
            self._driver.interrupt()
            self._thread.join()
