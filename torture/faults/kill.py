"""`kill -9`, and a new start on what is on the disk (rules R1, R8)."""

import asyncio
import signal

from torture.faults.fault import Fault
from torture.plan import Kind, Strike
from torture.stage import Stage


class Kill(Fault):
    kind = Kind("kill", seconds=2.0, weight=2)

    async def strike(self, stage: Stage, strike: Strike) -> None:
        await stage.host.stop(signal.SIGKILL)
        await asyncio.sleep(strike.seconds / 10)
        await stage.host.start()
