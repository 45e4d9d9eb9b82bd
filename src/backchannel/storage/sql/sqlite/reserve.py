"""Space reserved on the disk, so that logins work while it is full (rule R10)."""

import contextlib
import logging
import os
import shutil
from pathlib import Path

SIZE = 4 * 1024 * 1024
"""Bytes: some hundred logins, each of which is a few pages of the write-ahead log."""
FREE_BYTES_NEEDED = 4 * SIZE
"""The free space in bytes below which nothing is reserved, because the space is needed."""

_logger = logging.getLogger("backchannel.storage")


class DiskReserve:
    """A file beside the database, emptied when a login or a start finds the disk full.

    From then on there is room for logins and logouts. As long as it `is_spent`, which outlasts
    the process, other data is stored only once the space could be reserved again.
    """

    def __init__(self, database: Path) -> None:
        """Find what an earlier process has left; nothing is reserved yet."""
        self._path = database.with_name(f"{database.name}-reserve")
        size = self._size()
        self.is_held = size == SIZE
        self.is_spent = size is not None and not self.is_held

    def prepare(self) -> None:
        """Reserve the space if it never was reserved, and if there is plenty."""
        if not self.is_spent:
            self.is_held = self._set_aside(FREE_BYTES_NEEDED)

    def spend(self) -> bool:
        """Release the space, once; False if none was reserved or it cannot be released."""
        if self.is_held:
            try:
                self._empty()
            except OSError as error:
                _logger.warning("the disk is full, and the disk reserve cannot be used: %s", error)
                return False
            _logger.error("the disk is full: no messages are stored until there is room again")
            self.is_held, self.is_spent = False, True
        return self.is_spent

    def restore(self) -> bool:
        """Reserve the space again; False if the disk is still full."""
        if self.is_spent and self._set_aside(SIZE):
            _logger.warning("the disk has room again")
            self.is_held, self.is_spent = True, False
        return self.is_held

    def _size(self) -> int | None:
        try:
            return self._path.stat().st_size
        except OSError:
            return None

    def _set_aside(self, needed: int) -> bool:
        if self._size() == SIZE:
            return True
        try:
            if shutil.disk_usage(self._path.parent).free < needed:
                return False
            self._path.touch(mode=0o600)
            self._path.write_bytes(bytes(SIZE))
        except OSError:
            with contextlib.suppress(OSError):
                self._give_back()
            return False
        return True

    def _give_back(self) -> None:
        """Undo a failed attempt."""
        if self.is_spent:
            self._empty()
        else:
            self._path.unlink(missing_ok=True)

    def _empty(self) -> None:
        """Release the space; the remaining file shows the next process that it was released."""
        os.truncate(self._path, 0)
