"""The pauses of background work that continues after failures, such as an unavailable database."""

import logging


class Retries:
    """The pauses between the rounds of a background task, which grow while rounds fail.

    The log has one line when rounds begin to fail, and one when they succeed again.
    """

    LONGEST = 30.0
    """Seconds."""

    def __init__(self, task: str, pause: float, log: logging.Logger) -> None:
        """`pause` is in seconds; `task` is the beginning of the two lines."""
        self._task = task
        self._normal = pause
        self._log = log
        self._failures = 0

    @property
    def pause(self) -> float:
        """Seconds until the next round."""
        return min(self._normal * float(1 << self._failures), max(self._normal, self.LONGEST))

    def note_failure(self, reason: object) -> None:
        """A round has failed."""
        if not self._failures:
            self._log.warning("%s failed and will be tried again: %s", self._task, reason)
        self._failures = min(self._failures + 1, 16)

    def note_success(self) -> None:
        """A round has succeeded."""
        if self._failures:
            self._log.warning("%s succeeds again", self._task)
        self._failures = 0
