"""Log entries that strangers cause: enough of them to see what goes on, never a full disk."""

import logging
import time
from collections.abc import Callable

INTERVAL = 10.0
"""Seconds."""
ENTRIES = 20
"""Entries in each interval; the others are only counted."""


class SparingLog:
    """Writes warnings; the first one of an interval tells how many the last one left out."""

    def __init__(
        self, log: logging.Logger, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._log = log
        self._monotonic = monotonic
        self._began = float("-inf")
        self._written = 0
        self._left_out = 0

    def warning(self, text: str, **details: object) -> None:
        """Write an entry. `details` are cut to 200 characters and may come from a stranger."""
        now = self._monotonic()
        if now - self._began >= INTERVAL:
            self._began, self._written = now, 0
        if self._written >= ENTRIES:
            self._left_out += 1
            return
        self._written += 1
        extra = {name: str(value)[:200] for name, value in details.items()}
        if self._left_out:
            extra["left_out"] = str(self._left_out)
            self._left_out = 0
        self._log.warning(text, extra=extra)
