"""Making things go wrong, and letting users act."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from backchannel.domain.errors import ChatError
from tests.simulation.device import Device
from tests.simulation.disk import Step as CommitStep
from tests.simulation.scenario import Act, Fault, Operation, Step
from tests.simulation.world import World

HOUR = 3_600.0


class Director:
    """Lets happen in a world what its scenario says."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._dice = world.dice
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Play the scenario to its end."""
        for device in self._world.devices:
            self._loop.call_later(2.0 * self._dice.random(), device.socket.connect)
        for step in self._world.scenario.steps:
            await asyncio.sleep(max(0.0, step.at - self._loop.time()))
            self._play(step)

    def _play(self, step: Step) -> None:
        device = self._world.devices[step.device]
        if isinstance(step.act, Fault):
            self._break(step.act, device)
        elif step.act is Operation.BACK_UP:
            self._world.back_up()
        elif step.act is Operation.RESTORE:
            self._world.restore()
        elif step.act is Act.WRITE:
            device.outbox.write(self._world.peer_of(device))
        elif step.act is Act.READ:
            device.read()
        else:
            device.change()

    def _break(self, fault: Fault, device: Device) -> None:  # noqa: C901 - one case per fault
        world, dice = self._world, self._dice
        match fault:
            case Fault.DIE_BEFORE_COMMIT:
                world.disk.die_in.append(CommitStep.BEFORE)
            case Fault.DIE_AFTER_COMMIT:
                world.disk.die_in.append(CommitStep.AFTER)
            case Fault.DIE:
                world.process.kill()
            case Fault.RESTART:
                self._begin(world.process.stop())
            case Fault.CLIENT_GOES:
                device.socket.drop(notice=dice.choice((0.0, 0.5, 20.0)) * dice.random())
            case Fault.SERVER_CUTS:
                if device.socket.link is not None:
                    device.socket.link.abort()
            case Fault.STALL:
                self._stall(device)
            case Fault.DISK_FULL:
                world.disk.refuses = True
                self._loop.call_later(dice.uniform(0.1, 4.0), world.disk.heal)
            case Fault.DISK_SLOW:
                world.disk.delay = dice.uniform(0.1, 2.0)
                self._loop.call_later(dice.uniform(0.1, 4.0), world.disk.heal)
            case Fault.CLOCK_JUMPS:
                world.clock.set_by = dice.uniform(-HOUR, HOUR)
            case Fault.TRIM:
                self._begin(self._trim())

    def _stall(self, device: Device) -> None:
        link = device.socket.link
        if link is not None:
            pipe = self._dice.choice((link.up, link.down))
            pipe.stall(self._dice.choice((0.5, 3.0, 15.0)))

    async def _trim(self) -> None:
        storage = self._world.process.core.storage
        await storage.trim_logs(before=0, keep=self._dice.randint(0, 10))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(_tolerantly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _tolerantly(work: Coroutine[Any, Any, None]) -> None:
    """Nobody waits for it, and the disk may refuse it."""
    try:
        await work
    except ChatError:
        return
