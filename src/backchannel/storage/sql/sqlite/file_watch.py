"""The watch over the files of the open database: deleted, replaced or truncated.

SQLite keeps its files open, so it would go on writing to files that no longer have a name.
"""

import contextlib
import os
import struct
import threading
import time
from pathlib import Path
from typing import NamedTuple

from backchannel.storage.sql.sqlite.writer import Writer

INTERVAL = 0.4
"""Seconds between two checks."""
LOOKS = 5
PAUSE = 0.05
"""The number of further checks of a file that is too short, and the seconds between them: another
process may be writing it."""

# The header of a database: docs at sqlite.org/fileformat2.html, section 1.3.
_HEADER_SIZE = 100
_PAGE_SIZE = struct.Struct(">H")
_PAGE_SIZE_OFFSET = 16
_LARGEST_PAGE = 65_536
_PAGES = struct.Struct(">I")
_PAGES_OFFSET = 28


class _File(NamedTuple):
    device: int
    inode: int


class FileWatch:
    """Looks at the files by name, and stops the writer once they are not the open ones."""

    def __init__(self, path: Path, writer: Writer) -> None:
        """The database at `path` has been opened. Raises `OSError`."""
        self._path = path
        self._log = path.with_name(f"{path.name}-wal")
        self._writer = writer
        self.copying = threading.Lock()
        """Held while pages are copied from the log into the file beside the writer."""
        # Kept open: to close any descriptor of the file ends the locks that SQLite has on it.
        self.descriptor = os.open(path, os.O_RDWR)
        self._opened = contextlib.ExitStack()
        self._opened.callback(os.close, self.descriptor)
        self._file = _File(*_identity(os.fstat(self.descriptor)))
        self._log_file = _named(self._log)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="storage-files", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the watch."""
        self._ended.set()
        self._thread.join()

    def close(self) -> None:
        """Close the file, once no connection has it open."""
        self._opened.close()

    def _run(self) -> None:
        while not self._ended.wait(INTERVAL):
            with contextlib.suppress(PermissionError):
                finding = self._look()
                if finding is not None:
                    self._writer.stop(finding)
                    return

    def _look(self) -> str | None:
        """The change that was found in the files; None if there is none."""
        found = _named(self._path)
        if found != self._file:
            content = f"/proc/{os.getpid()}/fd/{self.descriptor}"
            return (
                f"{self._path} was {'deleted' if found is None else 'replaced'} while the server"
                " ran; stop the server and put back a backup. Until it stops, the database is"
                f" still readable as {content} together with {self._log.name}"
            )
        if self._log_file is not None and _named(self._log) != self._log_file:
            return (
                f"{self._log} was deleted or replaced while the server ran: what was stored"
                " last may be lost; restart the server"
            )
        if self._is_short() and self._stays_short():
            return (
                f"{self._path} was truncated while the server ran; stop the server and put back"
                " a backup"
            )
        return None

    def _is_short(self) -> bool:
        """True if the file has fewer pages than its own header says."""
        header = os.pread(self.descriptor, _HEADER_SIZE, 0)
        if len(header) < _HEADER_SIZE:
            return True
        size = int(_PAGE_SIZE.unpack_from(header, _PAGE_SIZE_OFFSET)[0])
        pages = int(_PAGES.unpack_from(header, _PAGES_OFFSET)[0])
        page_size = _LARGEST_PAGE if size == 1 else size
        return os.fstat(self.descriptor).st_size < pages * page_size

    def _stays_short(self) -> bool:
        """True if it stays short while nothing is written: a checkpoint writes the header first."""
        with self.copying, self._writer.at_work:
            for _ in range(LOOKS):
                time.sleep(PAUSE)
                if not self._is_short():
                    return False
        return True


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _named(path: Path) -> _File | None:
    try:
        return _File(*_identity(path.stat()))
    except FileNotFoundError:
        return None
