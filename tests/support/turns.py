"""Turns of all tests on this machine: some tests must run alone."""

import fcntl
import os
import tempfile
from enum import Enum
from pathlib import Path
from typing import IO


class Kind(Enum):
    """The tests that may run beside a test."""

    SHARED = "shared"  # others of this kind
    TIMED = "timed"  # only others that wait for a clock
    ALONE = "alone"  # none


class Turn:
    """This process's turn, shared with other processes as its kind allows."""

    def __init__(self) -> None:
        self._held: list[IO[str]] = []

    def take(self, kind: Kind) -> None:
        """Wait until a test may run, unless this process has kept its turn.

        A test that waits for another kind to end keeps new ones from starting, so that it waits
        only for those that already run.
        """
        if self._held:
            return
        with _lock_file("next") as first:
            fcntl.flock(first, fcntl.LOCK_EX)
            for other in (Kind.SHARED, Kind.TIMED):
                lock = _lock_file(other.value)
                fcntl.flock(lock, fcntl.LOCK_SH if kind is other else fcntl.LOCK_EX)
                if kind in (other, Kind.ALONE):
                    self._held.append(lock)
                else:
                    lock.close()  # none runs, and none can start before this test holds its lock

    def end(self) -> None:
        for lock in self._held:
            fcntl.flock(lock, fcntl.LOCK_UN)  # a fork may still have the file
            lock.close()
        self._held.clear()


def _lock_file(name: str) -> IO[str]:
    return (Path(tempfile.gettempdir()) / f"backchannel-tests-{os.getuid()}.{name}").open("w")
