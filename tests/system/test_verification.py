"""Devices keep journals while connections are cut and the server is killed: it kept its word."""

import asyncio
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.journaling import JournalingDevice
from tests.support.native import Person, enrol
from tests.support.process import ServerProcess, server_process

ROUNDS = 6
BURST = 20
"""Messages that a device sends in a round, without waiting between them."""
PATIENCE = 60.0


@pytest.mark.slow
async def test_R1_R2_R3_R4_R5_R6_journals_show_that_nothing_went_wrong(tmp_path: Path) -> None:
    dice = random.Random(3)
    journals = tmp_path / "journals"
    journals.mkdir()
    with server_process(tmp_path) as server:
        ada, bob = await enrol(server.address, "ada"), await enrol(server.address, "bob")
        peers = {ada.id: bob, bob.id: ada}
        devices = [
            JournalingDevice(server.socket_address, person, f"{person.username}-{place}", journals)
            for person in (ada, bob)
            for place in ("phone", "laptop")
        ]
        await asyncio.gather(*(each.open() for each in devices))
        for number in range(ROUNDS):
            sending = asyncio.gather(*(_burst(each, peers, number) for each in devices))
            hit = await _disturb(server, devices, number, dice)
            await sending
            await asyncio.gather(*(_reopen(each) for each in hit))
            await asyncio.gather(*(each.acknowledge() for each in devices))
        await asyncio.gather(*(_send_again(each) for each in devices))
        await asyncio.gather(
            *(each.finish(server.address, peers[each.person.id]) for each in devices)
        )
        for each in devices:
            await each.close()

    verdict = _verify(journals)
    assert verdict["totals"] == {}, verdict["findings"]
    counts = verdict["counts"]
    assert counts["sends"] == counts["acknowledged"] == ROUNDS * BURST * len(devices)
    assert counts["finished"] == counts["histories"] == len(devices)
    assert counts["receipts"] > 0
    told = [line for file in journals.iterdir() for line in file.read_text().splitlines()]
    assert any('"type":"unknown"' in line for line in told), "no cut hit anything"
    assert any('"source":"sync"' in line for line in told), "nobody missed anything"


async def _burst(device: JournalingDevice, peers: dict[str, Person], number: int) -> None:
    keys = [f"{device.name}:{number}:{each}" for each in range(BURST)]
    await _send_all(device, [(peers[device.person.id], key, key) for key in keys])


async def _send_again(device: JournalingDevice) -> None:
    """What was left without an answer."""
    await _send_all(device, [(*each, key) for key, each in device.waiting.items()])


async def _send_all(device: JournalingDevice, letters: list[tuple[Person, str, str]]) -> None:
    sending = (device.send(*letter) for letter in letters)
    answers = await asyncio.gather(*sending, return_exceptions=True)
    unexpected = [each for each in answers if isinstance(each, BaseException)]
    assert all(isinstance(each, ConnectionError | TimeoutError) for each in unexpected), answers


async def _disturb(
    server: ServerProcess, devices: list[JournalingDevice], number: int, dice: random.Random
) -> list[JournalingDevice]:
    """Kill the server in every third round, cut two devices in the others; who is cut off."""
    for _ in range(number and dice.randrange(50)):
        await asyncio.sleep(0)
    if number % 3 == 2:
        server.kill()
        await asyncio.to_thread(server.start)
        return devices
    cut = dice.sample(devices, 2)
    for device in cut:
        device.cut()
    return cut


async def _reopen(device: JournalingDevice) -> None:
    await device.gone(patience=PATIENCE)
    await device.open()


def _verify(journals: Path) -> dict[str, dict[str, int]]:
    """The verdict of the command."""
    command = [sys.executable, "-m", "backchannel", "verify", "--json", str(journals)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert ended.returncode in (0, 1), ended.stderr
    verdict: dict[str, dict[str, int]] = json.loads(ended.stdout)
    return verdict
