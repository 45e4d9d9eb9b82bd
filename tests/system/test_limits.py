"""A misbehaving client does not affect the others."""

import asyncio
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.support.native import Device, Person, register
from tests.support.process import server_process

Devices = Callable[[Person], Device]
MEBIBYTE = 1 << 20


@pytest.mark.alone
async def test_R13_a_client_that_never_reads_costs_little_and_delays_no_other(
    tmp_path: Path,
) -> None:
    with server_process(tmp_path) as server:
        people = [await register(server.address, name) for name in ("ada", "bob", "cleo", "dan")]
        ada, bob, cleo, dan = people
        writer, third, fourth = (Device(server.socket_address, each) for each in (ada, cleo, dan))
        for device in (writer, third, fourth):
            await device.open()
        for number in range(4):  # fills the database's page cache
            await _flood(writer, cleo, f"warm-up {number}")
        before = await _latency(third, dan, "before")
        stalled = await connect(
            f"{server.socket_address}/v1/ws",
            additional_headers=bob.headers,
            max_queue=1,
            compression=None,
        )
        weight = server.resident()
        await _flood(writer, bob, "flood")
        growth = server.resident() - weight
        after = 0.0
        for attempt in range(5):  # the disk may be busy with the flood; the reader stays stalled
            after = await _latency(third, dan, f"after {attempt}")
            if after < max(10 * before, 0.05):
                break
        stalled.transport.abort()
        for device in (writer, third, fourth):
            await device.close()
    assert growth < 20 * MEBIBYTE, f"{growth / MEBIBYTE:.1f} MiB"
    assert after < max(10 * before, 0.05), f"{before * 1e3:.1f} ms, then {after * 1e3:.1f} ms"


async def _flood(writer: Device, to: Person, name: str) -> None:
    """Send 24 MB."""
    for number in range(40):
        keys = [f"{name}:{number}:{each}" for each in range(10)]
        await asyncio.gather(*(writer.send(to, "x" * 60_000, key) for key in keys))


async def _latency(writer: Device, to: Person, name: str) -> float:
    """The median time to an acknowledgement, seconds."""
    times: list[float] = []
    for number in range(50):
        began = time.perf_counter()
        await writer.send(to, "quick", f"{name}:{number}")
        times.append(time.perf_counter() - began)
    return statistics.median(times)


async def test_R13_a_device_that_acknowledges_nothing_gets_lagging(tmp_path: Path) -> None:
    with server_process(tmp_path) as server:
        ada, bob = await register(server.address, "ada"), await register(server.address, "bob")
        writer = Device(server.socket_address, ada)
        await writer.open()
        address = f"{server.socket_address}/v1/ws"
        async with connect(address, additional_headers=bob.headers) as silent:
            for start in range(0, 300, 50):
                await asyncio.gather(
                    *(writer.send(bob, "x", f"n{start + each}") for each in range(50))
                )
            kinds: list[str] = []
            async with asyncio.timeout(60):
                while "lagging" not in kinds:
                    kinds.append(json.loads(await silent.recv())["type"])
        await writer.close()
    assert kinds[:2] == ["welcome", "sync"]
    assert {*kinds[2:]} <= {"event", "heartbeat", "lagging"}
    assert kinds.count("event") == 256


async def test_S18_sending_over_rest_is_throttled(tmp_path: Path) -> None:
    with server_process(tmp_path, limits_send_rate="2") as server:
        ada, bob = await register(server.address, "ada"), await register(server.address, "bob")
        async with httpx.AsyncClient(base_url=server.address, headers=ada.headers) as http:
            sends = [http.post("/v1/messages", json={"to": bob.id, "body": "x"}) for _ in range(60)]
            answers = await asyncio.gather(*sends)
    refused = [each for each in answers if each.status_code == 429]
    assert sum(each.status_code == 201 for each in answers) >= 4
    assert refused
    assert all(int(each.headers["retry-after"]) >= 1 for each in refused)


@pytest.mark.alone
async def test_R21_descriptors_and_memory_return_after_many_connections(tmp_path: Path) -> None:
    with server_process(tmp_path) as server:
        ada = await register(server.address, "ada")

        async def visit() -> None:
            device = Device(server.socket_address, ada)
            await device.open()
            await device.close()

        async def visits(count: int) -> None:
            for _ in range(count):
                await visit()

        await asyncio.gather(*(visits(25) for _ in range(10)))
        descriptors, weight = server.descriptors(), server.resident()
        await asyncio.gather(*(visits(150) for _ in range(20)))
        async with asyncio.timeout(60):
            while server.descriptors() > descriptors:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.1)
        assert server.resident() - weight < 8 * MEBIBYTE
