"""A reader that stops reading while much is said to it (rule R13)."""

import asyncio

from torture.faults.fault import Fault
from torture.plan import Kind, Strike
from torture.stage import Stage

MESSAGES = 200
SIZE = 20_000
"""Characters each: together more than an outbox and the kernel's buffers hold."""
PATIENCE = 60.0


class PausedReader(Fault):
    kind = Kind("paused-reader", seconds=2.5)

    async def strike(self, stage: Stage, strike: Strike) -> None:
        reader = stage.victims(strike)[0]
        writer = stage.device_of(next(iter(reader.peers)))
        reader.wire.stall_reader()
        try:
            writer.say(reader.person, ["." * SIZE] * MESSAGES)
            async with asyncio.timeout(PATIENCE):
                await writer.settled()
            await asyncio.sleep(strike.seconds / 2)
        except TimeoutError:
            stage.breach("R13", f"{writer.name} had to wait because {reader.name} did not read")
        finally:
            reader.wire.flow()
