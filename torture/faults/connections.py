"""Faults of the connections between the clients and the server."""

import asyncio

from torture.faults.fault import Fault
from torture.harness import Harness
from torture.plan import Kind, PlannedFault

LONGEST_DELAY = 0.3
"""Seconds that a piece waits; the victims differ."""
MESSAGES = 200
"""Messages that a paused reader is sent."""
SIZE = 20_000
"""Characters each: together more than an outbox and the kernel's buffers hold."""
TIMEOUT = 120.0


class Cut(Fault):
    """Connections that are reset in the middle of a burst (rules R4, R5)."""

    kind = Kind("cut", seconds=0.3, weight=6)

    async def inject(self, harness: Harness, planned: PlannedFault) -> None:
        for wire in harness.wires(planned):
            wire.cut()


class Stall(Fault):
    """Connections that stall for a while, and then deliver everything at once (rule R5)."""

    kind = Kind("stall", seconds=1.5, weight=2)

    async def inject(self, harness: Harness, planned: PlannedFault) -> None:
        for wire in harness.wires(planned):
            wire.stall()
        await asyncio.sleep(planned.seconds)
        for wire in harness.wires(planned):
            wire.flow()


class Delay(Fault):
    """A slow network: every piece of bytes arrives late, in both directions (rule R4)."""

    kind = Kind("delay", seconds=1.5, weight=2)

    async def inject(self, harness: Harness, planned: PlannedFault) -> None:
        wires = harness.wires(planned)
        for number, wire in enumerate(wires, start=1):
            wire.delay = LONGEST_DELAY * number / len(wires)
        await asyncio.sleep(planned.seconds)
        for wire in wires:
            wire.flow()


class PausedReader(Fault):
    """A client that stops reading while many messages are sent to it (rule R13)."""

    kind = Kind("paused-reader", seconds=2.5)

    async def inject(self, harness: Harness, planned: PlannedFault) -> None:
        reader = harness.victims(planned)[0]
        writer = harness.device_of(next(iter(reader.peers)))
        reader.wire.stall_reader()
        try:
            writer.send(reader.person, ["." * SIZE] * MESSAGES)
            async with asyncio.timeout(TIMEOUT):
                await writer.settled()
            await asyncio.sleep(planned.seconds / 2)
        except TimeoutError:
            harness.breach("R13", f"{writer.name} had to wait because {reader.name} did not read")
        finally:
            reader.wire.flow()
