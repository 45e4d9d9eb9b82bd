"""Faults of the server's process."""

import asyncio
import signal
import subprocess

from torture.faults.fault import Fault
from torture.harness import Harness
from torture.plan import Kind, PlannedFault


class Kill(Fault):
    """`kill -9`, and a restart on the data on disk (rules R1, R8)."""

    kind = Kind("kill", seconds=2.0, weight=2)
    for_several = False

    async def inject(self, harness: Harness, planned: PlannedFault) -> None:
        await harness.server.stop(signal.SIGKILL)
        await asyncio.sleep(planned.seconds / 10)
        await harness.server.start()


class Restart(Fault):
    """SIGTERM under load, and a restart (rule R12)."""

    kind = Kind("restart", seconds=2.5, weight=2)
    for_several = False

    async def inject(self, harness: Harness, planned: PlannedFault) -> None:  # noqa: ARG002 - all are hit
        try:
            code = await harness.server.stop(signal.SIGTERM)
        except subprocess.TimeoutExpired:
            harness.breach("R12", "the server did not end on SIGTERM")
            code = await harness.server.stop(signal.SIGKILL)
        else:
            if code != 0:
                harness.breach("R12", f"the server ended with {code} on SIGTERM")
        await harness.server.start()


class Freeze(Fault):
    """SIGSTOP, and SIGCONT some seconds later: a machine that was asleep (rules R5, R16)."""

    kind = Kind("freeze", seconds=2.0)
    for_several = False

    async def inject(self, harness: Harness, planned: PlannedFault) -> None:
        harness.server.signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(planned.seconds)
        finally:
            harness.server.signal(signal.SIGCONT)
