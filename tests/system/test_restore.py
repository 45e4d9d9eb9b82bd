"""R5: after a restore every device starts afresh, and no login ends."""

import shutil
from pathlib import Path

import httpx

from tests.support.native import Device, Person, register
from tests.support.process import ServerProcess, server_process
from tests.system.test_conversation import history


async def test_R5_a_device_that_is_ahead_of_a_restored_folder_starts_afresh(
    tmp_path: Path,
) -> None:
    with server_process(tmp_path) as server:
        ada, bob = await register(server.address, "ada"), await register(server.address, "bob")
        device = Device(server.socket_address, bob)
        await device.open()
        await _send(server, ada, bob, "kept", 3)
        await device.until(3)
        server.stop()
        shutil.copytree(server.data, tmp_path / "backup")
        server.start()
        await device.open()
        await _send(server, ada, bob, "lost", 4)
        await device.until(7)
        ada = await _refreshed(server, await _refreshed(server, ada))
        server.stop()
        shutil.rmtree(server.data)
        shutil.copytree(tmp_path / "backup", server.data)
        server.start()
        assert "has changed since it was last used" in server.log.read_text()

        ada = await _refreshed(server, ada)
        await _send(server, ada, bob, "new", 6)
        epoch, position = device.epoch, device.position
        asked = {"epoch": epoch or "", "position": str(position)}
        async with httpx.AsyncClient(base_url=server.address, headers=bob.headers) as http:
            page = (await http.get("/v1/sync", params=asked)).json()
        assert page["reset"] is True, page
        assert page["reason"] == "epoch_changed"

        await device.open()
        reset = await device.frame("reset")
        assert reset["reason"] == "epoch_changed"
        assert reset["epoch"] != epoch
        stored = await history(server, bob, ada)
        assert stored == [f"kept {n}" for n in range(3)] + [f"new {n}" for n in range(6)]
        await device.close()


async def _send(server: ServerProcess, sender: Person, to: Person, text: str, count: int) -> None:
    writer = Device(server.socket_address, sender)
    await writer.open()
    for number in range(count):
        assert (await writer.send(to, f"{text} {number}", f"{text} {number}"))["type"] == "ack"
    await writer.close()


async def _refreshed(server: ServerProcess, person: Person) -> Person:
    body = {"refresh_token": person.refresh_token}
    async with httpx.AsyncClient(base_url=server.address) as http:
        answer = (await http.post("/v1/refresh", json=body)).raise_for_status().json()
    return Person(person.id, person.username, answer["access_token"], answer["refresh_token"])
