"""Two nodes behind HAProxy without stickiness: each request may reach any of them."""

import asyncio
import contextlib
import json
import shutil
import socket
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from backchannel.app.config import LONGEST_FORM
from backchannel.chat.budgets import UNIT
from backchannel.transports.engineio.sessions import READ_BURST
from tests.support.native import Device, register
from tests.support.nodes import metric, nodes, until
from tests.support.process import ServerProcess, free_port

client_library = pytest.importorskip("socketio", reason="python-socketio is not installed")
pytest.importorskip("aiohttp", reason="aiohttp is not installed")
pytestmark = [pytest.mark.service, pytest.mark.slow]

SEND_RATE = 50

CONFIGURATION = """
defaults
    mode http
    timeout connect 5s
    timeout client 120s
    timeout server 120s
frontend chat
    bind 127.0.0.1:{port}
    default_backend nodes
backend nodes
    balance roundrobin
    option http-server-close
"""


@asynccontextmanager
async def balanced(folder: Path, servers: Sequence[ServerProcess]) -> AsyncGenerator[int]:
    """HAProxy in front of servers; its port."""
    program = shutil.which("haproxy")
    if program is None:
        pytest.skip("haproxy is not installed")
    port = free_port()
    text = CONFIGURATION.format(port=port) + "".join(
        f"    server node{number} 127.0.0.1:{each.port}\n" for number, each in enumerate(servers)
    )
    (folder / "haproxy.cfg").write_text(text)
    process = await asyncio.create_subprocess_exec(program, "-f", folder / "haproxy.cfg", "-db")
    try:
        await until(lambda: _listens(port))
        yield port
    finally:
        process.terminate()
        await process.wait()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


async def test_native_sockets_and_requests_reach_any_node(tmp_path: Path, redis_url: str) -> None:
    async with nodes(tmp_path, 2, redis_url) as servers, balanced(tmp_path, servers) as port:
        address = f"http://127.0.0.1:{port}"
        ada, bob = await register(address, "ada"), await register(address, "bob")
        devices = [Device(f"ws://127.0.0.1:{port}", bob) for _ in range(4)]
        for each in devices:
            await each.open()
        sender = Device(f"ws://127.0.0.1:{port}", ada)
        await sender.open()
        for number in range(20):
            await sender.send(bob, f"m{number}", f"m{number}")
        for each in devices:
            await each.until(20)
            assert each.texts == [f"m{number}" for number in range(20)]
            await each.close()
        await sender.close()


@pytest.mark.parametrize("bus", ["redis", "postgresql"])
@pytest.mark.parametrize("transports", [["polling"], ["polling", "websocket"]])
async def test_R4_socket_io_needs_no_sticky_balancer(
    tmp_path: Path, redis_url: str, bus: str, transports: list[str]
) -> None:
    url = redis_url if bus == "redis" else bus
    async with nodes(tmp_path, 2, url) as servers, balanced(tmp_path, servers) as port:
        address = f"http://127.0.0.1:{port}"
        ada, bob = await register(address, "ada"), await register(address, "bob")
        received: list[str] = []
        clients = [client_library.AsyncClient(reconnection=False) for _ in range(2)]
        sender, receiver = clients

        @receiver.on("chat message")  # type: ignore[untyped-decorator]
        async def on_chat_message(data: dict[str, Any]) -> None:
            received.append(data["content"])

        for client, who in zip(clients, (ada, bob), strict=True):
            await client.connect(
                address, auth={"token": who.token}, transports=transports, wait_timeout=60
            )
        texts = [f"m{number} {'x' * 9_000}" for number in range(30)]
        for text in texts:
            answer = await sender.call("chat message", {"receiver": bob.id, "content": text})
            assert answer["message"]["content"] == text
        with contextlib.suppress(TimeoutError):
            await until(lambda: len(received) >= len(texts))
        assert received == texts
        for client in clients:
            await client.disconnect()


async def test_R13_requests_for_unknown_sessions_put_no_bodies_on_the_bus(
    tmp_path: Path, redis_url: str
) -> None:
    query = "/socket.io/?EIO=4&transport=polling"
    async with (
        nodes(tmp_path, 2, redis_url, limits_send_rate=str(SEND_RATE)) as (here, there),
        httpx.AsyncClient() as http,
    ):
        opened = json.loads((await http.get(there.address + query)).text[1:])
        node_id = opened["sid"].partition(".")[0]
        body = b"4".ljust(opened["maxPayload"], b"x")

        async def post(number: int) -> int:
            address = f"{here.address}{query}&sid={node_id}.{number}"
            answer = await http.post(address, content=body, headers={"content-type": "text/plain"})
            return answer.status_code

        began = time.monotonic()
        answers = Counter(await asyncio.gather(*(post(number) for number in range(80))))
        allowed = (READ_BURST + time.monotonic() - began) * LONGEST_FORM * UNIT * SEND_RATE
        assert 0 < answers[400] <= allowed // len(body) + 1, answers
        assert metric(here, "bus_dropped_total") == 0


async def test_R12_a_node_that_stops_ends_the_polls_it_has_passed_on(
    tmp_path: Path, redis_url: str
) -> None:
    # No ping answers the poll, however long a busy machine takes.
    query = "/socket.io/?EIO=4&transport=polling"
    async with (
        nodes(tmp_path, 2, redis_url, websocket_ping_interval="3600") as (here, there),
        httpx.AsyncClient() as http,
    ):
        opened = json.loads((await http.get(there.address + query)).text[1:])
        sent = metric(here, "bus_sent_total")
        poll = asyncio.create_task(http.get(f"{here.address}{query}&sid={opened['sid']}"))
        await until(lambda: metric(here, "bus_sent_total") > sent)
        assert await asyncio.to_thread(here.stop) == 0
        answer = await poll
        assert (answer.status_code, answer.json()["code"]) == (400, 1), "its client reconnects"
        assert "timeout graceful shutdown exceeded" not in here.log.read_text()
