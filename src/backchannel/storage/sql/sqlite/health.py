"""Damage in the file: looked for before anything is written to it (rule R18)."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from backchannel.storage.errors import CannotOpen
from backchannel.storage.sql.sqlite.driver import Connect, Driver, open_reader

CHECK_AT_ONCE = 64 * 1024 * 1024
"""Bytes up to which a file is checked before the server starts: about a tenth of a second."""


def find_damage(driver: Driver) -> str | None:
    """What is wrong with the structure of the file, if anything is."""
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
    """Whether the file can be checked without holding up the start."""
    return path.stat().st_size <= CHECK_AT_ONCE


class Watch:
    """Checks a large file while the server runs already; `report` hears of damage."""

    def __init__(self, path: Path, connect: Connect, report: Callable[[str], None]) -> None:
        self._driver = open_reader(path, connect)
        self._report = report
        self._thread = threading.Thread(target=self._run, name="storage-check", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        finding = find_damage(self._driver)
        self._driver.close()
        if finding is not None:
            self._report(f"the file is damaged ({finding}); restore a backup")

    def wait(self) -> None:
        """Wait for the end of the check."""
        self._thread.join()

    def close(self) -> None:
        """Give up the check if it still runs."""
        if self._thread.is_alive():
            self._driver.interrupt()
            self._thread.join()
