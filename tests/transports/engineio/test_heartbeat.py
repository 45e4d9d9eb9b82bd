"""The server sends pings (Engine.IO 4, "Heartbeat"; rule R16)."""

import asyncio
import socket
import time

import pytest
from websockets.exceptions import ConnectionClosed

from tests.transports.engineio.engine import FAST, engine

pytestmark = pytest.mark.timed

INTERVAL, TIMEOUT = FAST.ping_interval, FAST.ping_timeout


async def test_polling_is_pinged() -> None:
    async with engine(FAST) as server:
        sid = await server.open()
        for _ in range(3):
            before = time.monotonic()
            polled = await server.poll(sid)
            assert (polled.status_code, polled.text) == (200, "2")
            assert 0.8 * INTERVAL < time.monotonic() - before < 10 * INTERVAL
            assert (await server.push(sid, "3")).status_code == 200


async def test_polling_without_a_pong_is_closed() -> None:
    async with engine(FAST) as server:
        sid = await server.open()
        await asyncio.sleep(1.3 * (INTERVAL + TIMEOUT))
        assert (await server.poll(sid)).status_code == 400
        assert server.last.ending == "ping timeout"


async def test_a_waiting_poll_is_told_when_the_session_times_out() -> None:
    async with engine(FAST) as server:
        sid = await server.open()
        assert (await server.poll(sid)).text == "2"
        assert (await server.poll(sid)).text == "1"


async def test_websocket_is_pinged() -> None:
    async with engine(FAST) as server, server.websocket() as client:
        await client.recv()
        for _ in range(3):
            before = time.monotonic()
            assert await client.recv() == "2"
            assert 0.8 * INTERVAL < time.monotonic() - before < 10 * INTERVAL
            await client.send("3")


async def test_websocket_without_a_pong_is_closed() -> None:
    async with engine(FAST) as server, server.websocket() as client:
        await client.recv()
        began = time.monotonic()
        assert await client.recv() == "2"
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert time.monotonic() - began < 10 * (INTERVAL + TIMEOUT)
        assert (client.close_code, client.close_reason) == (1011, "ping timeout")
        assert server.last.ending == "ping timeout"


async def test_a_pong_that_waits_in_the_socket_of_a_stalled_server_counts() -> None:
    async with engine(FAST) as server:
        sid = await server.open()
        assert (await server.poll(sid)).text == "2"
        with socket.create_connection(("127.0.0.1", server.served.port)) as client:
            path = f"/?EIO=4&transport=polling&sid={sid}"
            client.sendall(
                f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n3".encode()
            )
            time.sleep(TIMEOUT + 0.5)  # noqa: ASYNC251 - the server stands still, too
            assert (await server.poll(sid)).text == "2"
        assert server.last.ending is None
