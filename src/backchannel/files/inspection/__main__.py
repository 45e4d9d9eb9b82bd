"""`python -m backchannel.files.inspection UPLOAD CLAIMED_TYPE PARENT`: a report on standard output.

PARENT is the process that asks. This one ends with it, because nothing else would read the report
or delete the files that it makes.
"""

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

import msgspec

from backchannel.files.inspection import InspectionReport

MEMORY = 1 << 30
"""Bytes of address space; the largest accepted picture needs a third of it."""
CPU_SECONDS = 20
NICENESS = 10
OUTPUT = 256 << 20
"""Bytes of the largest file that may be written."""

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that comes when the parent ends."""


def end_with(parent: int) -> None:
    """Have Linux end this process with its parent."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it has ended before that
        sys.exit(1)


def limit_self() -> None:
    """Limit this process's resources, before it reads any untrusted data.

    The server's own work has priority.
    """
    os.nice(NICENESS)
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, OUTPUT),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))


def main() -> None:
    end_with(int(sys.argv[3]))
    limit_self()
    # The parsers are imported within the limits.
    from backchannel.domain.errors import UnsupportedFile  # noqa: PLC0415
    from backchannel.files.inspection.inspect import inspect  # noqa: PLC0415

    try:
        report = inspect(Path(sys.argv[1]), claimed=sys.argv[2])
    except UnsupportedFile as refusal:
        report = InspectionReport(refusal=refusal.text)
    except MemoryError:
        report = InspectionReport(refusal="the file needs too much memory to be read")
    sys.stdout.buffer.write(msgspec.json.encode(report))


main()
