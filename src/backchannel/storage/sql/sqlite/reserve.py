"""Room that is set aside on the disk, so that a full one still takes logins (rule R10)."""

import logging
import shutil
from pathlib import Path

SIZE = 4 * 1024 * 1024
"""Bytes: some hundred logins, each of which is a few pages of the write-ahead log."""
ABUNDANCE = 4 * SIZE
"""Where less than this is free, nothing is set aside: it would be missed."""

_logger = logging.getLogger("backchannel.storage")


class Reserve:
    """A file beside the database, deleted when a login finds the disk full.

    From then on there is room for logins and logouts. As long as it `is_spent`, anything else is
    stored only once it could be set aside again.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}-reserve")
        self.is_held = self._set_aside(ABUNDANCE)
        self.is_spent = False

    def spend(self) -> bool:
        """Make room on the disk, once; False if nothing was ever set aside."""
        if self.is_held:
            _logger.error("the disk is full: no messages are stored until there is room again")
            self._path.unlink(missing_ok=True)
            self.is_held, self.is_spent = False, True
        return self.is_spent

    def restore(self) -> bool:
        """Set the room aside again; False if the disk is still full."""
        if self.is_spent and self._set_aside(SIZE):
            _logger.warning("the disk has room again")
            self.is_held, self.is_spent = True, False
        return self.is_held

    def _set_aside(self, needed: int) -> bool:
        try:
            if self._path.exists() and self._path.stat().st_size == SIZE:
                return True
            if shutil.disk_usage(self._path.parent).free < needed:
                return False
            self._path.write_bytes(bytes(SIZE))
        except OSError:
            self._path.unlink(missing_ok=True)
            return False
        return True
