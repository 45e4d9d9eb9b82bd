"""An independent test of deadlines: slowhttptest holds as many connections as it can."""

import asyncio
import csv
import shutil
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.native import Device, Person, register
from tests.support.process import ServerProcess, server_process

PROGRAM = "slowhttptest"
DEADLINE = 10.0
"""Seconds after which a slow client is gone (rule S18)."""
SLACK = 10.0
"""Seconds more that a busy machine may take to start the attack and to end it."""
CONNECTIONS = 50
SIZE = 8 << 20
"""Bytes of a file that no kernel takes whole for a client that does not read."""


ATTACKS = {
    "headers": ["-H", "-i", "3"],
    "body": ["-B", "-i", "3", "-s", "100000"],
    "read": ["-X", "-n", "1", "-z", "5", "-w", "10", "-y", "20"],
}


@asynccontextmanager
async def attacked(folder: Path, urls: Mapping[str, str]) -> AsyncGenerator[list[Process]]:
    """All attacks at once; each writes `folder`/NAME.csv."""
    seconds = str(int(DEADLINE + SLACK))
    common = ["-c", str(CONNECTIONS), "-r", str(CONNECTIONS), "-l", seconds, "-p", seconds, "-g"]
    attacks = [
        await asyncio.create_subprocess_exec(
            PROGRAM, *options, *common, "-u", urls[name], "-o", name, cwd=folder, stdout=DEVNULL
        )
        for name, options in ATTACKS.items()
    ]
    try:
        yield attacks
    finally:
        for each in attacks:
            if each.returncode is None:
                each.kill()
            await each.wait()


async def large_file(address: str, token: str) -> str:
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60) as http:
        sent = await http.post("/v1/files", files={"file": ("a.txt", b"slow " * (SIZE // 5))})
        return f"{address}{sent.raise_for_status().json()['url']}"


async def chat(device: Device, to: Person) -> None:
    """Send forever; each message is answered, whatever other clients do."""
    for number in range(10_000):
        ack = await device.send(to, "Still here?", f"k-{number}")
        assert ack["type"] == "ack"
        await asyncio.sleep(0.1)


async def until_held(server: ServerProcess, least: int, most: int, *, within: float) -> None:
    """Wait until the server has that many descriptors open."""
    async with asyncio.timeout(within):
        while not least <= server.descriptors() <= most:  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.05)


def service_was_available(report: Path) -> bool:
    with report.open() as lines:
        rows: Sequence[dict[str, str]] = list(csv.DictReader(lines))
    return bool(rows) and all(int(row["Service Available"]) for row in rows)


@pytest.mark.slow
@pytest.mark.service
@pytest.mark.skipif(
    shutil.which(PROGRAM) is None,
    reason=f"SLOWHTTPTEST HAS NOT TESTED THE DEADLINES: there is no {PROGRAM} here",
)
async def test_S18_slow_clients_are_disconnected_and_delay_no_other(tmp_path: Path) -> None:
    with server_process(tmp_path) as server:
        ada, bob = await register(server.address, "ada"), await register(server.address, "bob")
        device = Device(server.socket_address, ada)
        await device.open()
        urls = {
            "headers": server.address,
            "body": f"{server.address}/v1/login",
            "read": f"{await large_file(server.address, ada.token)}?token={ada.token}",
        }
        few, all_attackers = CONNECTIONS // 5, len(ATTACKS) * CONNECTIONS
        others = server.descriptors()
        async with asyncio.TaskGroup() as tasks, attacked(tmp_path, urls) as attacks:
            chatting = tasks.create_task(chat(device, bob))
            await until_held(server, others + all_attackers - few, 10**6, within=SLACK)
            await until_held(server, 0, others + few, within=DEADLINE + SLACK / 2)
            assert [await each.wait() for each in attacks] == [0, 0, 0]
            chatting.cancel()
        await device.close()
    for name in ATTACKS:
        assert service_was_available(tmp_path / f"{name}.csv"), name
