"""The faults of a scenario, and the actions of its users."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from backchannel.domain.errors import ChatError
from tests.simulation.device import Device
from tests.simulation.disk import Step as CommitStep
from tests.simulation.environment import Environment
from tests.simulation.scenario import Fault, Operation, Step, UserAction

HOUR = 3_600.0


class ScenarioRunner:
    """Runs the steps of a scenario in its environment."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._rng = environment.rng
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Play the scenario to its end."""
        for device in self._environment.devices:
            self._loop.call_later(2.0 * self._rng.random(), device.socket.connect)
        for step in self._environment.scenario.steps:
            await asyncio.sleep(max(0.0, step.at - self._loop.time()))
            self._play(step)

    def _play(self, step: Step) -> None:
        device = self._environment.devices[step.device]
        if isinstance(step.action, Fault):
            self._break(step.action, device)
        elif step.action is Operation.BACK_UP:
            self._environment.back_up()
        elif step.action is Operation.LOSE_BUS:
            self._environment.lose_bus()
        elif step.action is Operation.RESTORE:
            self._environment.restore()
        elif step.action is UserAction.WRITE:
            device.outbox.write(self._environment.peer_of(device))
        elif step.action is UserAction.READ:
            device.read()
        else:
            device.change()

    def _break(self, fault: Fault, device: Device) -> None:  # noqa: C901 - one case per fault
        environment, rng = self._environment, self._rng
        match fault:
            case Fault.DIE_BEFORE_COMMIT:
                environment.disk.die_in.append(CommitStep.BEFORE)
            case Fault.DIE_AFTER_COMMIT:
                environment.disk.die_in.append(CommitStep.AFTER)
            case Fault.DIE:
                environment.process.kill()
            case Fault.RESTART:
                self._begin(environment.process.stop())
            case Fault.CLIENT_GOES:
                device.socket.drop(notice=rng.choice((0.0, 0.5, 20.0)) * rng.random())
            case Fault.SERVER_CUTS:
                if device.socket.link is not None:
                    device.socket.link.abort()
            case Fault.STALL:
                self._stall(device)
            case Fault.DISK_FULL:
                environment.disk.refuses = True
                self._loop.call_later(rng.uniform(0.1, 4.0), environment.disk.heal)
            case Fault.DISK_SLOW:
                environment.disk.delay = rng.uniform(0.1, 2.0)
                self._loop.call_later(rng.uniform(0.1, 4.0), environment.disk.heal)
            case Fault.CLOCK_JUMPS:
                environment.clock.set_by = rng.uniform(-HOUR, HOUR)
            case Fault.TRIM:
                self._begin(self._trim())

    def _stall(self, device: Device) -> None:
        link = device.socket.link
        if link is not None:
            pipe = self._rng.choice((link.up, link.down))
            pipe.stall(self._rng.choice((0.5, 3.0, 15.0)))

    async def _trim(self) -> None:
        storage = self._environment.process.core.storage
        await storage.trim_logs(before=0, keep=self._rng.randint(0, 10))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(_tolerantly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _tolerantly(work: Coroutine[Any, Any, None]) -> None:
    """No client waits for this, and the disk may refuse it."""
    try:
        await work
    except ChatError:
        return
