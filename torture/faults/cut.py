"""Connections that are reset in the middle of a burst (rules R4, R5)."""

from torture.faults.fault import Fault
from torture.plan import Kind, Strike
from torture.stage import Stage


class Cut(Fault):
    kind = Kind("cut", seconds=0.3, weight=6)

    async def strike(self, stage: Stage, strike: Strike) -> None:
        for wire in stage.wires(strike):
            wire.cut()
