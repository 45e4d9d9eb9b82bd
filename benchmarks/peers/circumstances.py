"""Facts about the machine that a reader needs to interpret the figures."""

import os
import statistics
import tempfile
import time

SYNCS = 200
PAGE = bytes(4096)


def describe() -> str:
    """Cores, their load, and how long the disk's sync takes."""
    busy = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, load average {busy:.1f}, "
        f"`fdatasync` of a page {_sync_time() * 1e3:.2f} ms at the median\n"
    )


def _sync_time() -> float:
    """The time of a sync in seconds, in the folder of the databases."""
    times: list[float] = []
    with tempfile.TemporaryFile() as file:
        for _ in range(SYNCS):
            os.write(file.fileno(), PAGE)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times)
