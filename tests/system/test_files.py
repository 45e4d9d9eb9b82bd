"""Messages with files, from socket to socket."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.support import media
from tests.support.native import Device, Person
from tests.support.process import ServerProcess


async def upload(server: ServerProcess, owner: Person) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=server.address, headers=owner.headers) as http:
        files = {"file": ("Cat.png", media.png(), "image/png")}
        answer = await http.post("/v1/files", files=files)
        assert answer.status_code == 201, answer.text
        uploaded: dict[str, Any] = answer.json()
        return uploaded


def saying(to: Person, *, client_id: str, files: list[str]) -> dict[str, Any]:
    return {"type": "send", "to": to.id, "body": "", "client_id": client_id, "files": files}


async def test_a_file_reaches_the_other_side_live_and_later(
    server: ServerProcess, devices: Callable[[Person], Device], ada: Person, bob: Person
) -> None:
    picture = await upload(server, ada)
    writer, reader, later = devices(ada), devices(bob), devices(bob)
    await writer.open()
    await reader.open()
    later.epoch, later.position = reader.epoch, reader.position
    await writer.send_frame(saying(bob, client_id="one", files=[picture["id"]]))
    await reader.until(1)
    await later.open()
    await later.until(1)
    for device in (reader, later):
        message = device.events[0]["data"]
        assert (message["body"], message["files"]) == ("", [picture])


async def test_S11_a_socket_cannot_send_files_of_other_users(
    server: ServerProcess, devices: Callable[[Person], Device], ada: Person, bob: Person
) -> None:
    picture = await upload(server, ada)
    thief = devices(bob)
    await thief.open()
    for files in ([picture["id"]], ["unknown"]):
        await thief.send_frame(saying(ada, client_id="x", files=files))
        refused = await thief.frame("error")
        assert (refused["code"], refused["field"], refused["client_id"]) == (
            "not_found",
            "files",
            "x",
        )
    await thief.send_frame(saying(ada, client_id="x", files=[]))
    assert (await thief.frame("error"))["field"] == "body"


async def test_R4_messages_with_files_keep_their_place_among_the_others(
    server: ServerProcess, devices: Callable[[Person], Device], ada: Person, bob: Person
) -> None:
    picture = await upload(server, ada)
    writer, reader = devices(ada), devices(bob)
    await writer.open()
    await reader.open()
    for number in range(20):
        files = [picture["id"]] if number % 3 == 0 else []
        frame = saying(bob, client_id=f"{number}", files=files) | {"body": f"{number}"}
        await writer.send_frame(frame)
    await reader.until(20)
    assert [each["data"]["body"] for each in reader.events] == [f"{n}" for n in range(20)]
