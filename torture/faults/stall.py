"""Connections on which nothing moves for a while, and then everything at once (rule R5)."""

import asyncio

from torture.faults.fault import Fault
from torture.plan import Kind, Strike
from torture.stage import Stage


class Stall(Fault):
    kind = Kind("stall", seconds=1.5, weight=2)

    async def strike(self, stage: Stage, strike: Strike) -> None:
        for wire in stage.wires(strike):
            wire.stall()
        await asyncio.sleep(strike.seconds)
        for wire in stage.wires(strike):
            wire.flow()
