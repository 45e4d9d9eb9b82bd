"""The server's clock is set an hour forward or back, and right again (rule R11).

The wall clock is replaced inside the server's Python; the monotonic clock never jumps. A preloaded
library such as libfaketime would also intercept the locks of Python's threads, and make a busy
server many times slower.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torture.faults.clock.sitecustomize import OFFSET, VARIABLE
from torture.faults.fault import Fault
from torture.harness import Harness
from torture.plan import Kind, PlannedFault
from torture.single_server import SingleServer

HOUR = 3_600
CUSTOM = Path(__file__).parent / "clock"


class ClockJump(Fault):
    kind = Kind("clock-jump", seconds=1.5)
    for_several = False

    @contextmanager
    def prepared(self, server: SingleServer) -> Iterator[None]:
        _file(server).write_bytes(OFFSET.pack(0))
        paths = [str(CUSTOM), *filter(None, [os.environ.get("PYTHONPATH")])]
        server.environment |= {VARIABLE: str(_file(server)), "PYTHONPATH": os.pathsep.join(paths)}
        yield

    async def inject(self, harness: Harness, planned: PlannedFault) -> None:
        self.set_clock(harness.server, HOUR if planned.random_bits % 2 else -HOUR)
        await asyncio.sleep(planned.seconds)
        self.set_clock(harness.server, 0)

    def set_clock(self, server: SingleServer, offset: int) -> None:
        """Let the server's clock differ from this machine's by this many seconds from now on."""
        with _file(server).open("r+b") as file:
            file.write(OFFSET.pack(offset * 10**9))


def _file(server: SingleServer) -> Path:
    return server.folder / "clock"
