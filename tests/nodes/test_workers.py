"""`serve --workers`: one port, several processes, replaced and restarted without a loss."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from tests.support.native import Device, Person, register
from tests.support.nodes import node, until
from tests.support.postgresql import database_for
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.service, pytest.mark.slow]

WORKERS = 3


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncGenerator[ServerProcess]:
    """A supervisor with its workers, which share PostgreSQL as their bus."""
    server = node(
        tmp_path,
        "server",
        workers=str(WORKERS),
        database_url=await database_for(tmp_path),
    )
    server.start()
    await until(lambda: "workers are ready" in server.log.read_text())
    try:
        yield server
    finally:
        left = children(server.pid) if server.running else []
        server.close()
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task").glob("*/children")
    return sorted(int(each) for path in listed for each in path.read_text().split())


def metrics(server: ServerProcess) -> dict[str, float]:
    """The values of the metrics without labels, by name."""
    text = httpx.get(f"{server.address}/metrics").text
    lines = (each.split() for each in text.splitlines() if not each.startswith("#"))
    return {name.removeprefix("backchannel_"): float(value) for name, value in lines}


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def persistent(device: Device, *, stop: asyncio.Event) -> None:
    """Keep a device connected, as a client does."""
    while not stop.is_set():
        with contextlib.suppress(OSError, TimeoutError, ConnectionError):
            await device.open()
            await device.gone(within=1e6)
        await asyncio.sleep(0.1)


async def send_all(server: ServerProcess, sender: Person, to: Person, count: int) -> None:
    """Send until each message is acknowledged, again after each cut, in order."""
    device = Device(server.socket_address, sender)
    for number in range(count):
        while True:
            try:
                if device.closed is not None or device.position is None:
                    await device.open()
                answer = await device.send(to, f"m{number}", f"m{number}")
                if answer["type"] == "ack":
                    break
            except (OSError, TimeoutError, ConnectionError):
                device.closed = (1006, "")
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.02)
    await device.close()


async def test_workers_share_a_port_and_events(supervisor: ServerProcess) -> None:
    pids = children(supervisor.pid)
    assert len(pids) == WORKERS
    ada, bob = await register(supervisor.address, "ada"), await register(supervisor.address, "bob")
    devices = [Device(supervisor.socket_address, bob) for _ in range(12)]
    for each in devices:
        await each.open()
    await send_all(supervisor, ada, bob, 10)
    for each in devices:
        await each.until(10)
        await each.close()
    assert await asyncio.to_thread(supervisor.stop) == 0
    assert not any(map(alive, pids))


async def test_metrics_are_the_sum_of_all_workers_and_outlive_each(
    supervisor: ServerProcess,
) -> None:
    ada, bob = await register(supervisor.address, "ada"), await register(supervisor.address, "bob")
    devices = [Device(supervisor.socket_address, bob) for _ in range(12)]
    for each in devices:
        await each.open()
    await send_all(supervisor, ada, bob, 10)
    await until(lambda: metrics(supervisor)["sockets_live"] == len(devices))
    # Each is a new connection, which any worker may accept.
    for seen in [metrics(supervisor) for _ in range(4 * WORKERS)]:
        assert seen["messages_stored_total"] == seen["batch_messages_sum"] == 10
        assert seen["sockets_live"] == len(devices)
        assert seen["bus_connected"] == 1
    before = children(supervisor.pid)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    await until(lambda: len(set(children(supervisor.pid)) - set(before)) == WORKERS)
    await until(lambda: metrics(supervisor)["bus_connected"] == 1)
    await send_all(supervisor, bob, ada, 5)
    seen = metrics(supervisor)
    assert seen["messages_stored_total"] == seen["batch_messages_sum"] == 15
    await until(lambda: metrics(supervisor)["sockets_live"] == 0)


async def test_R1_a_worker_that_is_killed_is_started_again_and_nothing_is_lost(
    supervisor: ServerProcess,
) -> None:
    ada, bob = await register(supervisor.address, "ada"), await register(supervisor.address, "bob")
    device, stop = Device(supervisor.socket_address, bob), asyncio.Event()
    keeping = asyncio.create_task(persistent(device, stop=stop))
    before = children(supervisor.pid)
    sending = asyncio.create_task(send_all(supervisor, ada, bob, 60))
    await asyncio.sleep(0.5)
    os.kill(before[0], signal.SIGKILL)
    await sending
    await device.until(60)
    assert device.texts == [f"m{number}" for number in range(60)]
    await until(lambda: len(set(children(supervisor.pid)) - {before[0]}) == WORKERS)
    stop.set()
    keeping.cancel()
    await device.close()


async def test_R12_workers_are_replaced_one_after_the_other_under_load(
    supervisor: ServerProcess,
) -> None:
    ada, bob = await register(supervisor.address, "ada"), await register(supervisor.address, "bob")
    device, stop = Device(supervisor.socket_address, bob), asyncio.Event()
    keeping = asyncio.create_task(persistent(device, stop=stop))
    before = children(supervisor.pid)
    sending = asyncio.create_task(send_all(supervisor, ada, bob, 300))
    await asyncio.sleep(0.5)
    os.kill(supervisor.pid, signal.SIGHUP)
    await until(lambda: "all workers are replaced" in supervisor.log.read_text())
    await sending
    await device.until(300)
    assert device.texts == [f"m{number}" for number in range(300)]
    after = children(supervisor.pid)
    assert len(after) == WORKERS
    assert not set(after) & set(before)
    stop.set()
    keeping.cancel()
    await device.close()


async def test_workers_end_with_their_supervisor(supervisor: ServerProcess) -> None:
    pids = children(supervisor.pid)
    supervisor.kill()
    await until(lambda: not any(map(alive, pids)))
