"""python-socketio's client, whose handlers take exactly the documented arguments."""

import asyncio
from typing import Any

import pytest

from tests.support.chat_server import ChatServer
from tests.support.client_dialects import ROOMS
from tests.support.plain_socket import Person

client_library = pytest.importorskip("socketio", reason="python-socketio is not installed")
pytest.importorskip("aiohttp", reason="aiohttp is not installed")


@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]])
async def test_R4_python_socketio_sends_and_receives(
    server: ChatServer, ada: Person, bob: Person, transports: list[str]
) -> None:
    received: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    receiver = client_library.AsyncClient(reconnection=False)

    @receiver.on("chat message")  # type: ignore[untyped-decorator]
    async def on_chat_message(data: dict[str, Any]) -> None:
        received.put_nowait(("chat message", data["content"]))

    @receiver.on("receiveMessage")  # type: ignore[untyped-decorator]
    async def on_receive_message(data: dict[str, Any]) -> None:
        received.put_nowait(("receiveMessage", data["content"]))

    sender = client_library.AsyncClient(reconnection=False)
    given = {"transports": transports, "wait_timeout": 10}
    await receiver.connect(server.address, auth={"token": bob.token}, **given)
    await sender.connect(server.address, headers={"access_token": ada.token}, **given)
    try:
        for number in range(5):
            outgoing = {"receiver": bob.id, "content": f"{number}"}
            answer = await sender.call("chat message", outgoing)
            assert answer["message"]["content"] == f"{number}"
            both = {await received.get(), await received.get()}
            assert both == {("chat message", f"{number}"), ("receiveMessage", f"{number}")}
    finally:
        await sender.disconnect()
        await receiver.disconnect()


async def test_R5_all_missed_messages_arrive_over_polling(
    server: ChatServer, ada: Person, bob: Person
) -> None:
    """It accepts 16 packets in one response, and disconnects on more."""
    texts = [f"{number}" for number in range(40)]
    async with ROOMS.open(server, ada) as client:
        for text in texts:
            await ROOMS.send(client, bob, text)
    received: asyncio.Queue[str] = asyncio.Queue()
    receiver = client_library.AsyncClient(reconnection=False)

    @receiver.on("chat message")  # type: ignore[untyped-decorator]
    async def on_chat_message(data: dict[str, Any]) -> None:
        received.put_nowait(data["content"])

    await receiver.connect(server.address, auth={"token": bob.token}, transports=["polling"])
    try:
        async with asyncio.timeout(60):
            assert [await received.get() for _ in texts] == texts
    finally:
        await receiver.disconnect()
