"""A slow network: every piece of bytes arrives late, in both directions (rule R4)."""

import asyncio

from torture.faults.fault import Fault
from torture.plan import Kind, Strike
from torture.stage import Stage

LONGEST = 0.3
"""Seconds that a piece waits; the victims differ."""


class Delay(Fault):
    kind = Kind("delay", seconds=1.5, weight=2)

    async def strike(self, stage: Stage, strike: Strike) -> None:
        wires = stage.wires(strike)
        for place, wire in enumerate(wires, start=1):
            wire.delay = LONGEST * place / len(wires)
        await asyncio.sleep(strike.seconds)
        for wire in wires:
            wire.flow()
