"""Turns between all tests on this machine: one that is marked `alone` runs while no other does."""

import fcntl
import os
import tempfile
from pathlib import Path
from typing import IO


class Turn:
    """This process's turn, shared with other processes unless it is taken `alone`."""

    def __init__(self) -> None:
        self._running: IO[str] | None = None

    def take(self, *, alone: bool) -> None:
        """Wait until a test may run; nothing if this process has kept its turn.

        A test that waits to be alone keeps new ones from starting, so that it waits only for
        those that already run.
        """
        if self._running is not None:
            return
        running = _lock_file("running")
        with _lock_file("next") as first:
            fcntl.flock(first, fcntl.LOCK_EX)
            fcntl.flock(running, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        self._running = running

    def end(self) -> None:
        if self._running is not None:
            fcntl.flock(self._running, fcntl.LOCK_UN)  # a fork may still have the file
            self._running.close()
            self._running = None


def _lock_file(name: str) -> IO[str]:
    return (Path(tempfile.gettempdir()) / f"backchannel-tests-{os.getuid()}.{name}").open("w")
