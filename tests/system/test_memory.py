"""Limits of the memory that one user or many unauthenticated clients can use (R13, S18)."""

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

from tests.support.native import PASSWORD, register
from tests.support.process import ServerProcess, server_process

pytestmark = pytest.mark.slow

LIMIT = 64 << 20
LIMIT_OF_REQUESTS = 60 << 20
"""What strangers may hold, and 19 MiB for each of two passwords that are checked."""
KEPT = 30 << 20
"""Most that stays with the process afterwards, in free blocks that are used again."""
STRANGERS = 1_000
SOCKETS = 8
REFUSED = 80
"""Requests of 1 MB that cannot be kept without exceeding the limit."""
ROUNDS = 2
"""The remains of an attack would add up in the second round."""


async def _highest(server: ServerProcess, attack: Callable[[], Coroutine[Any, Any, None]]) -> int:
    highest = server.resident()
    for _ in range(ROUNDS):
        running = asyncio.create_task(attack())
        while not running.done():
            await asyncio.sleep(0.05)
            highest = max(highest, server.resident())
        await running
    return highest


@pytest.mark.alone
@pytest.mark.parametrize("path", ["/v1/ws", "/socket.io/?EIO=4&transport=websocket"])
async def test_S18_unauthenticated_sockets_hold_less_than_64_mib(tmp_path: Path, path: str) -> None:
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


HEAD = b"Host: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
JSON, FORM = b"application/json", b"multipart/form-data; boundary=x"
CREDENTIALS = b'{"identifier":"nobody","password":"correct horse battery"}'
FIELD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
UNFINISHED = {
    "a body": b"POST /v1/login HTTP/1.1\r\n" + HEAD % (JSON, 900_000) + b" " * 200_000,
    "all but the end of a body": (
        b"POST /v1/login HTTP/1.1\r\n" + HEAD % (JSON, 900_000) + b" " * 899_999
    ),
    "a little of a body": b"POST /v1/login HTTP/1.1\r\n" + HEAD % (JSON, 90_000) + b" " * 30_000,
    "a form": b"POST /v1/files HTTP/1.1\r\n" + HEAD % (FORM, 900_000) + FIELD + b"a" * 300_000,
    "an upload": (
        b"PATCH /v1/uploads/a HTTP/1.1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        + HEAD % (b"application/offset+octet-stream", 50_000_000)
        + b"a" * 300_000
    ),
    "a head": b"GET / HTTP/1.1\r\nX: " + b"a" * 15_000,
    "requests behind a login": (
        b"POST /v1/login HTTP/1.1\r\n"
        + HEAD % (JSON, len(CREDENTIALS))
        + CREDENTIALS
        + (b"GET /v1/config HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 9_000 + b"\r\n\r\n") * 10
    ),
}
"""Requests that the server cannot answer, or not yet, once all of this has come."""


async def _log_in(address: str) -> None:
    transport = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    async with httpx.AsyncClient(base_url=address, transport=transport) as http:
        credentials = {"identifier": "ada", "password": PASSWORD}
        answer = await http.post("/v1/login", json=credentials, timeout=60)
        assert answer.status_code == 200


@pytest.mark.alone
@pytest.mark.parametrize("sent", UNFINISHED.values(), ids=UNFINISHED)
async def test_S18_unfinished_requests_without_a_login_share_a_memory_limit(
    tmp_path: Path, sent: bytes
) -> None:
    """And a registered user logs in meanwhile."""
    with server_process(tmp_path) as server:
        await register(server.address, "ada")
        before = server.resident()

        async def attack() -> None:
            async with AsyncExitStack() as opened:
                connecting = asyncio.get_running_loop().create_connection
                for _ in range(STRANGERS):
                    stranger, _ = await connecting(asyncio.Protocol, "127.0.0.1", server.port)
                    opened.callback(stranger.abort)
                    stranger.write(sent)
                await _log_in(server.address)

        highest = await _highest(server, attack)
        assert highest - before < LIMIT_OF_REQUESTS
        async with asyncio.timeout(60):
            while server.resident() - before > KEPT:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.1)


@pytest.mark.alone
async def test_R13_bodies_of_refused_requests_are_not_kept(tmp_path: Path) -> None:
    with server_process(tmp_path) as server:
        refused = {"username": "ada", "password": "x" * 1_000_000}
        async with httpx.AsyncClient(base_url=server.address) as http:
            await http.post("/v1/register", json=refused)
            before = server.resident()

            async def attack() -> None:
                for _ in range(REFUSED // 4):
                    posts = (http.post("/v1/register", json=refused) for _ in range(4))
                    answers = await asyncio.gather(*posts)
                    assert {each.status_code for each in answers} == {400}

            highest = await _highest(server, attack)
    assert highest - before < LIMIT


@pytest.mark.timed
async def test_R13_requests_that_wait_are_not_held(tmp_path: Path) -> None:
    with server_process(tmp_path, limits_send_rate="100") as server:
        ada = await register(server.address, "ada")
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
