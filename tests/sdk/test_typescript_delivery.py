"""Ten devices of the TypeScript client chat while connections are cut: nothing is lost."""

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.sdk.typescript import SDK, compile_sdk, node
from tests.support.native import PASSWORD, Person, register
from tests.support.process import server_process
from torture.proxy import Wire

PEOPLE = 5
DEVICES_EACH = 2
SECONDS = 20
"""The devices talk for so long, and each sends a message for each second at least."""
PAUSE = 150
"""Milliseconds that a device rests after a message, on average."""
TIMEOUT = 240


@pytest.mark.slow
@pytest.mark.timed
@pytest.mark.service
async def test_R1_R2_R3_R4_ten_clients_over_connections_cut_once_a_second(tmp_path: Path) -> None:
    journals = tmp_path / "journals"
    journals.mkdir()
    sdk = compile_sdk(tmp_path)
    async with AsyncExitStack() as stack:
        server = stack.enter_context(server_process(tmp_path))
        people = [await register(server.address, f"person{number}") for number in range(PEOPLE)]
        wires = [
            await stack.enter_async_context(Wire(server.port)) for _ in range(PEOPLE * DEVICES_EACH)
        ]
        order = {
            "sdk": str(sdk),
            "journals": str(journals),
            "devices": _devices(people, wires),
            "seconds": SECONDS,
            "least": SECONDS + 1,
            "pause": PAUSE,
        }
        talk = await stack.enter_async_context(_talk(order))
        assert talk.stdout is not None
        assert await talk.stdout.readline() == b"ready\n"
        cuts: list[int] = []
        cutting = [asyncio.create_task(_cut(wire, cuts)) for wire in wires]
        assert await talk.stdout.readline() == b"quiet\n"
        for task in cutting:
            task.cancel()
        assert await talk.wait() == 0
    verdict = _verify(journals)
    assert verdict["totals"] == {}, verdict["findings"]
    counts = verdict["counts"]
    assert counts["sends"] == counts["acknowledged"] > PEOPLE * DEVICES_EACH * SECONDS
    assert counts["finished"] == PEOPLE * DEVICES_EACH
    assert sum(cuts) > PEOPLE * DEVICES_EACH * SECONDS / 3
    told = "".join(file.read_text() for file in journals.iterdir())
    assert '"type":"unknown"' in told, "no cut interrupted a message"
    assert '"source":"sync"' in told, "no device missed anything"


def _devices(people: list[Person], wires: list[Wire]) -> list[dict[str, object]]:
    return [
        {
            "name": f"{person.username}-{number}",
            "server": f"http://{wires[index * DEVICES_EACH + number].address}",
            "username": person.username,
            "password": PASSWORD,
            "peers": [each.id for each in people if each is not person],
        }
        for index, person in enumerate(people)
        for number in range(DEVICES_EACH)
    ]


@asynccontextmanager
async def _talk(order: dict[str, object]) -> AsyncGenerator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *node(),
        str(SDK / "tests" / "talking.mjs"),
        json.dumps(order),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(TIMEOUT):
            yield process
    finally:
        if process.returncode is None:
            process.kill()


async def _cut(wire: Wire, cuts: list[int]) -> None:
    """Cut a device's connections about once a second; count the cuts."""
    while True:
        await asyncio.sleep(random.uniform(0.5, 1.5))
        cuts.append(wire.cut())


def _verify(journals: Path) -> dict[str, dict[str, int]]:
    """The verdict of the command."""
    command = [sys.executable, "-m", "backchannel", "verify", "--json", str(journals)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    assert ended.returncode in (0, 1), ended.stderr
    verdict: dict[str, dict[str, int]] = json.loads(ended.stdout)
    return verdict
