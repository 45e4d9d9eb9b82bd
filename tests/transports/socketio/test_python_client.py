"""python-socketio's client."""

import asyncio
from typing import Any

import pytest
import socketio as client_library

from backchannel.transports.engineio.endpoint import EngineIoSettings
from tests.transports.socketio.sockets import uvicorn_server

# Over polling, this client leaves without a close packet, with its last GET open.
QUICK = EngineIoSettings(ping_interval=0.3, ping_timeout=0.3)


@pytest.mark.timed
@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]])
async def test_R4_the_client_library_works(transports: list[str]) -> None:
    received: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
    async with uvicorn_server(QUICK) as (url, handlers):
        client = client_library.AsyncClient(reconnection=False)

        async def on_event(name: str, *args: Any) -> tuple[str, int]:
            received.put_nowait((name, args))
            return ("answer", len(args))

        client.on("*", on_event)
        await client.connect(url, auth={"token": "T"}, transports=transports)
        assert client.transport() == transports[-1]
        assert await received.get() == ("auth", ({"token": "T"},))
        for number in range(5):  # it takes no more than 16 packets from one poll
            await client.emit("message", (number, b"\x01", {"deep": [b"\x02", None]}))
        backs = [await received.get() for _ in range(5)]
        expected = [("back", (n, b"\x01", {"deep": [b"\x02", None]})) for n in range(5)]
        assert backs == expected
        assert await client.call("message", ("one", b"two")) == ("one", b"two")

        answered: asyncio.Future[tuple[Any, ...]] = asyncio.get_running_loop().create_future()
        handlers[-1].socket.emit("question", b"\x03", ack=lambda *args: answered.set_result(args))
        assert await answered == ("answer", 1)
        await client.disconnect()
        await handlers[-1].gone.wait()
    await asyncio.sleep(0.05)
