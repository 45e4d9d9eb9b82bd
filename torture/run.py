"""One run: the plan is carried out on a real server, and the journals are judged."""

import asyncio
import io
import logging
import subprocess
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path

import httpx

from backchannel.checker.journal import JournalWriter
from torture.clients.casting import device_for
from torture.clients.device import Device, World
from torture.clients.rest import Rest
from torture.faults.catalogue import FAULTS
from torture.faults.fault import Missed
from torture.host import Host
from torture.plan import Plan
from torture.proxy import Wire
from torture.stage import Stage
from torture.tally import Tally

JOURNAL = "journal.jsonl"
PROGRESS = 5.0
"""Seconds between two lines of progress."""
SETTLING = 60.0
"""Seconds in which all devices must be level in the end, besides a tenth of the plan."""
OVERTIME = 120.0
"""Seconds that faults may lag behind, besides the whole plan once more: a machine may be busy."""
FAILURES = (RuntimeError, OSError, httpx.HTTPError, subprocess.SubprocessError)
"""How it shows that the server, or the machine, does not do what it should."""

log = logging.getLogger(__name__)


class Stuck(Exception):
    """The run came to no end of its own; the text says where."""


async def carry_out(plan: Plan, host: Host, folder: Path, tally: Tally) -> None:
    """Run the plan; afterwards `folder` holds the journal. Raises `Stuck`."""
    faults = [FAULTS[name] for name in sorted({each.fault for each in plan.strikes})]
    with ExitStack() as prepared:
        for fault in faults:
            prepared.enter_context(fault.prepared(host))
        async with _staged(plan, host, folder, tally) as stage:
            await _rage(plan, stage)
            await _settle(stage, SETTLING + plan.seconds / 10)


@asynccontextmanager
async def _staged(plan: Plan, host: Host, folder: Path, tally: Tally) -> AsyncGenerator[Stage]:
    """A running server, and all devices connected to it."""
    async with AsyncExitStack() as opened:
        opened.push_async_callback(host.close)
        rest = Rest(host.address)
        opened.push_async_callback(rest.close)
        journals = opened.enter_context(JournalWriter(folder / JOURNAL))
        world = World(rest, tally, journals)
        wires = [await opened.enter_async_context(Wire(host.port)) for _ in plan.devices]
        try:
            await host.start()
            devices = await _enrol(plan, wires, world)
            lives = [asyncio.create_task(each.live()) for each in devices]
            opened.push_async_callback(_end, lives)
            async with asyncio.timeout(SETTLING):
                for device in devices:
                    await device.settled()
        except FAILURES as error:
            raise Stuck(f"at the start: {_reason(error)}; see server.log") from None
        yield Stage(host, rest, devices, journals, tally)


async def _enrol(plan: Plan, wires: Sequence[Wire], world: World) -> Sequence[Device]:
    """Each device has a login of its own."""
    await asyncio.gather(*map(world.rest.enrol, plan.users))
    people = await asyncio.gather(
        *(world.rest.log_in(plan.users[each.user]) for each in plan.devices)
    )
    devices = [
        device_for(cast, person, wire, world)
        for cast, person, wire in zip(plan.devices, people, wires, strict=True)
    ]
    by_user = {cast.user: person for cast, person in zip(plan.devices, people, strict=True)}
    for cast, device in zip(plan.devices, devices, strict=True):
        peers = (by_user[each] for each in plan.peers(cast.user))
        device.peers = {each.id: each for each in peers}
    return devices


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _rage(plan: Plan, stage: Stage) -> None:
    """Traffic and faults, both as planned."""
    began = time.monotonic()
    reporting = asyncio.create_task(_report(stage.tally, began))
    talking = asyncio.create_task(_talk(plan, stage, began))
    try:
        async with asyncio.timeout(2 * plan.seconds + OVERTIME):
            await _strike(plan, stage, began)
            await talking
    except TimeoutError:
        raise Stuck("the faults did not come to an end in time") from None
    finally:
        await _end([talking, reporting])


async def _talk(plan: Plan, stage: Stage, began: float) -> None:
    people = {device.user: stage.devices[place].person for place, device in enumerate(plan.devices)}
    for burst in plan.bursts:
        await _until(began + burst.at)
        device, to = stage.devices[burst.device], people[burst.to]
        device.say(to, ["." * burst.size] * burst.count)


async def _strike(plan: Plan, stage: Stage, began: float) -> None:
    """One fault after the other, each with what it needs to recover."""
    for strike in plan.strikes:
        await _until(began + strike.at)
        try:
            await FAULTS[strike.fault].strike(stage, strike)
            stage.tally.faults[strike.fault] += 1
        except Missed as error:
            print(f"{strike.fault} did not happen: {error}", flush=True)
        except FAILURES as error:
            raise Stuck(f"after a {strike.fault}: {_reason(error)}; see server.log") from None
        if stage.host.has_fallen:
            raise Stuck(f"the server ended by itself at or after a {strike.fault}")


async def _settle(stage: Stage, patience: float) -> None:
    """Everybody connects once more, gets an answer to everything, catches up and looks."""
    everybody = stage.devices
    try:
        async with asyncio.timeout(patience):
            for device in everybody:
                device.wire.flow()
                device.hang_up()
            await asyncio.gather(*(device.settled() for device in everybody))
            await asyncio.gather(*(device.finish() for device in everybody))
    except FAILURES:
        _log_tasks()
        behind = "; ".join(str(device) for device in everybody if not device.is_finished)
        raise Stuck(f"not level with the server in the end: {behind}") from None


def _log_tasks() -> None:
    """Where each task waits: what is stuck is one of them."""
    for task in asyncio.all_tasks():
        stack = io.StringIO()
        task.print_stack(file=stack)
        log.warning("%s", stack.getvalue())


async def _report(tally: Tally, began: float) -> None:
    while True:
        await asyncio.sleep(PROGRESS)
        print(tally.line(time.monotonic() - began), flush=True)


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(":")


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))
