"""One run: the plan is carried out on a real server, and the journals are checked."""

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
from torture.clients.device import Context, Device
from torture.clients.native import Native
from torture.clients.plain_socket import Chat, Event
from torture.clients.rest import Rest
from torture.clients.socket_io import Queued, Rooms
from torture.cluster import Cluster
from torture.faults.catalogue import FAULTS
from torture.faults.fault import Missed
from torture.harness import Harness
from torture.plan import Plan
from torture.proxy import Wire
from torture.single_server import SingleServer
from torture.tally import Tally

CLIENTS: dict[str, type[Device]] = {
    "native": Native,
    "chat": Chat,
    "event": Event,
    "rooms": Rooms,
    "queued": Queued,
}
"""The class of client for each dialect of the plan."""
JOURNAL = "journal.jsonl"
PROGRESS = 5.0
"""Seconds between two lines of progress."""
SETTLING = 120.0
"""Seconds in which all devices must catch up in the end, besides a tenth of the plan."""
OVERTIME = 120.0
"""Seconds that faults may lag behind, besides the whole plan once more: a machine may be busy."""
FAILURES = (RuntimeError, OSError, httpx.HTTPError, subprocess.SubprocessError)
"""The errors that show a failure of the server or of the machine."""

log = logging.getLogger(__name__)


class Stuck(Exception):
    """The run did not end by itself; the text says where it stopped."""


async def carry_out(plan: Plan, target: SingleServer | Cluster, folder: Path, tally: Tally) -> None:
    """Run the plan; afterwards `folder` holds the journal. Raises `Stuck`."""
    faults = [FAULTS[name] for name in sorted({each.fault for each in plan.faults})]
    with ExitStack() as prepared:
        if isinstance(target, SingleServer):
            for fault in faults:
                prepared.enter_context(fault.prepared(target))
        async with _open_harness(plan, target, folder, tally) as harness:
            await _run_plan(plan, harness)
            await _catch_up(harness, SETTLING + plan.seconds / 10)


@asynccontextmanager
async def _open_harness(
    plan: Plan, target: SingleServer | Cluster, folder: Path, tally: Tally
) -> AsyncGenerator[Harness]:
    """A running server, or several, and all devices connected."""
    async with AsyncExitStack() as opened:
        opened.push_async_callback(target.close)
        rest = Rest(target.address)
        opened.push_async_callback(rest.close)
        journals = opened.enter_context(JournalWriter(folder / JOURNAL))
        context = Context(rest, tally, journals)
        wires = [await opened.enter_async_context(Wire(target.port)) for _ in plan.devices]
        try:
            await target.start()
            devices = await _register(plan, wires, context)
            running = [asyncio.create_task(each.run()) for each in devices]
            opened.push_async_callback(_end, running)
            async with asyncio.timeout(SETTLING):
                for device in devices:
                    await device.settled()
        except FAILURES as error:
            raise Stuck(f"at the start: {_reason(error)}; see server.log") from None
        yield Harness(target, rest, devices, journals, tally)


async def _register(plan: Plan, wires: Sequence[Wire], context: Context) -> Sequence[Device]:
    """Register the users, with a separate login for each device."""
    await asyncio.gather(*map(context.rest.register, plan.users))
    people = await asyncio.gather(
        *(context.rest.log_in(plan.users[each.user]) for each in plan.devices)
    )
    devices = [
        CLIENTS[each.dialect](each.name, person, wire, context)
        for each, person, wire in zip(plan.devices, people, wires, strict=True)
    ]
    by_user = {each.user: person for each, person in zip(plan.devices, people, strict=True)}
    for planned, device in zip(plan.devices, devices, strict=True):
        peers = (by_user[each] for each in plan.peers(planned.user))
        device.peers = {each.id: each for each in peers}
    return devices


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _run_plan(plan: Plan, harness: Harness) -> None:
    """Run the traffic and the faults of the plan."""
    began = time.monotonic()
    reporting = asyncio.create_task(_report(harness.tally, began))
    connected = asyncio.create_task(_send_bursts(plan, harness, began))
    try:
        async with asyncio.timeout(2 * plan.seconds + OVERTIME):
            await _inject_faults(plan, harness, began)
            await connected
    except TimeoutError:
        during = harness.tally.under_way or "no fault"
        raise Stuck(f"the faults did not come to an end in time; under way: {during}") from None
    finally:
        await _end([connected, reporting])


async def _send_bursts(plan: Plan, harness: Harness, began: float) -> None:
    people = {
        device.user: harness.devices[index].person for index, device in enumerate(plan.devices)
    }
    for burst in plan.bursts:
        await _until(began + burst.at)
        device, to = harness.devices[burst.device], people[burst.to]
        device.send(to, ["." * burst.size] * burst.count)


async def _inject_faults(plan: Plan, harness: Harness, began: float) -> None:
    """Inject one fault after the other, each with time to recover."""
    for planned in plan.faults:
        await _until(began + planned.at)
        harness.tally.under_way = f"{planned.fault}, planned for second {planned.at:.1f}"
        try:
            await FAULTS[planned.fault].inject(harness, planned)
            harness.tally.faults[planned.fault] += 1
        except Missed as error:
            print(f"{planned.fault} did not happen: {error}", flush=True)
        except FAILURES as error:
            raise Stuck(f"after a {planned.fault}: {_reason(error)}; see server.log") from None
        if harness.target.has_crashed:
            raise Stuck(f"the server ended by itself at or after a {planned.fault}")
        harness.tally.under_way = ""


async def _catch_up(harness: Harness, within: float) -> None:
    """Let each device reconnect, get all its answers, catch up and fetch everything."""
    devices = harness.devices
    try:
        async with asyncio.timeout(within):
            for device in devices:
                device.wire.flow()
                device.drop_connection()
            await asyncio.gather(*(device.settled() for device in devices))
            await asyncio.gather(*(device.finish() for device in devices))
    except FAILURES:
        _log_tasks()
        behind = "; ".join(str(device) for device in devices if not device.is_finished)
        raise Stuck(f"not level with the server in the end: {behind}") from None


def _log_tasks() -> None:
    """Log the place where each task waits: one of them is stuck."""
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
