"""The wall clock of this process is off by the nanoseconds in a file."""

import mmap
import os
import struct
import time
from pathlib import Path

VARIABLE = "TORTURE_CLOCK"
"""Names the file; it is read at every look at the clock."""
OFFSET = struct.Struct("q")


def _jump_as_told_by(file: Path) -> None:
    with file.open("rb") as opened:
        told = mmap.mmap(opened.fileno(), OFFSET.size, access=mmap.ACCESS_READ)
    right = time.time_ns

    def time_ns() -> int:
        (offset,) = OFFSET.unpack_from(told)
        return right() + int(offset)

    time.time_ns = time_ns
    time.time = lambda: time_ns() / 1e9


if VARIABLE in os.environ:
    _jump_as_told_by(Path(os.environ[VARIABLE]))
