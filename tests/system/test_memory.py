"""What one user or many strangers can make the server hold (R13, S18)."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.support.native import PASSWORD, enrol
from tests.support.process import ServerProcess, server_process

LIMIT = 64 << 20
STRANGERS = 1_000
SOCKETS = 8
ROUNDS = 2
"""What an attack leaves behind would add up in the second round."""


async def _highest(server: ServerProcess, attack: Callable[[], Coroutine[Any, Any, None]]) -> int:
    highest = server.resident()
    for _ in range(ROUNDS):
        running = asyncio.create_task(attack())
        while not running.done():
            await asyncio.sleep(0.05)
            highest = max(highest, server.resident())
        await running
    return highest


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/v1/ws", "/socket.io/?EIO=4&transport=websocket"])
async def test_S18_strangers_hold_little(tmp_path: Path, path: str) -> None:
    with server_process(tmp_path) as server:
        before = server.resident()

        async def attack() -> None:
            async with AsyncExitStack() as opened:
                for _ in range(STRANGERS):
                    socket = await opened.enter_async_context(connect(server.socket_address + path))
                    # The beginning of a frame of 500,000 bytes, and as much of it as fits.
                    socket.transport.write(b"\x81\xff" + (500_000).to_bytes(8) + b"\0" * 100_000)
                await asyncio.sleep(1)

        highest = await _highest(server, attack)
    assert highest - before < LIMIT


@pytest.mark.slow
async def test_S18_strangers_share_what_is_held_of_their_requests(tmp_path: Path) -> None:
    """And a user who is known logs in meanwhile."""
    head = (
        b"POST /v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 900000\r\n\r\n"
    )
    with server_process(tmp_path) as server:
        await enrol(server.address, "ada")
        before = server.resident()

        async def attack() -> None:
            async with AsyncExitStack() as opened:
                connecting = asyncio.get_running_loop().create_connection
                for _ in range(STRANGERS):
                    stranger, _ = await connecting(asyncio.Protocol, "127.0.0.1", server.port)
                    opened.callback(stranger.abort)
                    stranger.write(head + b" " * 200_000)
                transport = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
                async with httpx.AsyncClient(base_url=server.address, transport=transport) as http:
                    credentials = {"identifier": "ada", "password": PASSWORD}
                    answer = await http.post("/v1/login", json=credentials, timeout=30)
                    assert answer.status_code == 200

        highest = await _highest(server, attack)
    assert highest - before < LIMIT


@pytest.mark.slow
async def test_R13_requests_that_wait_are_not_held(tmp_path: Path) -> None:
    with server_process(tmp_path, limits_send_rate="100") as server:
        ada = await enrol(server.address, "ada")
        before = server.resident()
        large = [
            json.dumps({"type": "watch", "user_ids": ["x" * 60] * 200, "ref": "r" * 120}),
            json.dumps({"type": "watch", "user_ids": [], "ref": "r" * 490_000}),
            json.dumps({"type": "send", "to": "x" * 490_000, "client_id": "a", "body": "b"}),
            json.dumps({"type": "send", "to": "bob", "client_id": "a", "body": "b" * 65_000}),
        ]

        async def flood() -> None:
            address = server.socket_address + "/v1/ws"
            try:
                async with (
                    asyncio.timeout(5),
                    connect(address, additional_headers=ada.headers, max_queue=1) as socket,
                ):
                    while True:
                        for frame in large:
                            await socket.send(frame)
            except (TimeoutError, ConnectionClosed):
                pass

        async def attack() -> None:
            await asyncio.gather(*(flood() for _ in range(SOCKETS)))

        highest = await _highest(server, attack)
    assert highest - before < LIMIT
