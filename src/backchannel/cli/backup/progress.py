"""The progress of a long command, for people: some lines, never thousands."""

import time

from backchannel.cli.output import fail

INTERVAL = 2.0
"""Seconds between two lines."""


class Progress:
    """Says on standard error how much of a part is done."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._next = time.monotonic() + INTERVAL

    def step(self, done: int, total: int) -> None:
        """So much of `total` is done."""
        now = time.monotonic()
        if now >= self._next and total:
            self._next = now + INTERVAL
            fail(f"{self._part}: {100 * done // total} %")
