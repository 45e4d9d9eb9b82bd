"""Clients keep journals while connections are cut and the server is killed: nothing is lost."""

import asyncio
import json
import random
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from backchannel_client import BackchannelClient, Draft, JournalFile, direct_conversation_id
from tests.sdk.conftest import PASSWORD, Notes, own_id, register
from tests.support.process import ServerProcess, server_process
from torture.proxy import Wire

ROUNDS = 6
BURST = 20
"""Messages that a device sends in a round, without waiting between them."""
TIMEOUT = 200.0


class Device:
    """A client with its own connection through a wire, and the events that it received."""

    def __init__(self, name: str, wire: Wire, journals: Path) -> None:
        self.name = name
        self.wire = wire
        self.notes = Notes()
        self._journal = JournalFile(journals / f"{name}.jsonl", name)
        self.client = BackchannelClient(f"http://{wire.address}", journal=self._journal, window=8)

    async def begin(self) -> None:
        """Connect, and wait until it has caught up with the server."""
        self.client.connect(None, self.notes)
        await self.client.catch_up()

    async def send_burst(self, to: str, number: int) -> None:
        """Send messages, and return when the server has stored all of them."""
        bodies = [f"{self.name} {number}.{each}" for each in range(BURST)]
        await asyncio.gather(*(self.client.deliver(Draft(to, body)) for body in bodies))

    def close(self) -> None:
        self._journal.close()


@pytest.mark.slow
async def test_R1_R2_R3_R4_R5_R6_journals_show_that_nothing_went_wrong(tmp_path: Path) -> None:
    journals = tmp_path / "journals"
    journals.mkdir()
    with server_process(tmp_path) as server:
        async with AsyncExitStack() as stack:
            devices: list[Device] = []
            for name in ("ada-phone", "ada-laptop", "bob-phone", "bob-laptop"):
                wire = await stack.enter_async_context(Wire(server.port))
                device = Device(name, wire, journals)
                stack.callback(device.close)
                await stack.enter_async_context(device.client)
                devices.append(device)
            async with asyncio.timeout(TIMEOUT):
                await _talk(devices, server)

    verdict = _verify(journals)
    assert verdict["totals"] == {}, verdict["findings"]
    counts, sent = verdict["counts"], ROUNDS * BURST * len(devices)
    assert counts["sends"] == counts["acknowledged"] == sent
    assert counts["finished"] == counts["histories"] == len(devices)
    assert counts["receipts"] > 0
    lines = [line for file in journals.iterdir() for line in file.read_text().splitlines()]
    assert any('"type":"unknown"' in line for line in lines), "no cut interrupted anything"
    assert any('"source":"sync"' in line for line in lines), "no device missed anything"
    for device in devices:
        assert len(device.notes.texts) == len(set(device.notes.texts)) == sent


async def _talk(devices: list[Device], server: ServerProcess) -> None:
    """Let all devices send at once, round by round, with a fault in the middle of each."""
    rng = random.Random(3)
    ada, ada_too, bob, bob_too = devices
    await register(ada.client, "ada")
    await register(bob.client, "bob")
    await ada_too.client.login("ada", PASSWORD)
    await bob_too.client.login("bob", PASSWORD)
    peers = {ada: bob, ada_too: bob, bob: ada, bob_too: ada}
    to = {device: own_id(peer.client) for device, peer in peers.items()}
    for device in devices:
        await device.begin()
    for number in range(ROUNDS):
        sending = asyncio.gather(*(each.send_burst(to[each], number) for each in devices))
        await _disturb(server, devices, number, rng)
        await sending
    conversation = direct_conversation_id(to[ada], to[bob])
    for device in devices:
        await device.client.finish_journal([conversation])


async def _disturb(
    server: ServerProcess, devices: list[Device], number: int, rng: random.Random
) -> None:
    """Kill the server in every third round, cut two devices in the others."""
    for _ in range(rng.randrange(5, 50)):
        await asyncio.sleep(0)
    if number % 3 == 2:
        server.kill()
        await asyncio.to_thread(server.start)
        return
    for device in rng.sample(devices, 2):
        device.wire.cut()


def _verify(journals: Path) -> dict[str, dict[str, int]]:
    """The verdict of the command."""
    command = [sys.executable, "-m", "backchannel", "verify", "--json", str(journals)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    assert ended.returncode in (0, 1), ended.stderr
    verdict: dict[str, dict[str, int]] = json.loads(ended.stdout)
    return verdict
