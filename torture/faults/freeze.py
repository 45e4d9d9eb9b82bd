"""SIGSTOP, and SIGCONT some seconds later: a machine that was asleep (rules R5, R16)."""

import asyncio
import signal

from torture.faults.fault import Fault
from torture.plan import Kind, Strike
from torture.stage import Stage


class Freeze(Fault):
    kind = Kind("freeze", seconds=2.0)

    async def strike(self, stage: Stage, strike: Strike) -> None:
        stage.host.signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(strike.seconds)
        finally:
            stage.host.signal(signal.SIGCONT)
