"""The same over TLS, whose transports buffer and end differently."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from backchannel.transports.http.limits import HttpLimits
from backchannel.transports.http.protocol import http_protocol
from backchannel.transports.http.tls import TlsListener
from backchannel.transports.websocket.endpoint import Limits
from tests.support.certificates import make_certificate
from tests.transports.harness import Raw, RecordingEndpoint, serving


class Tls(NamedTuple):
    server: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """Make a certificate for localhost and contexts for both sides."""
    path = make_certificate(tmp_path_factory.mktemp("tls"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return Tls(server, ssl.create_default_context(cafile=str(path)))


async def test_messages_come_back_over_tls(tls: Tls) -> None:
    recording = RecordingEndpoint()
    async with serving(recording, tls=tls.server) as server:
        url = server.url.replace("ws://127.0.0.1", "wss://localhost")
        async with connect(url, ssl=tls.client, host="127.0.0.1") as client:
            assert recording.requests[0].secure
            for message in ("grüße", "x" * 1_000_000):
                await client.send(message)
                assert await client.recv() == message
            await client.send("x" * 1_100_000)
            with pytest.raises(ConnectionClosed):
                await client.recv()
            assert client.close_code == 1009


async def test_R13_reader_that_never_reads_is_cut_over_tls(tls: Tls) -> None:
    recording = RecordingEndpoint()
    async with (
        serving(recording, Limits(backlog=1 << 20), tls=tls.server) as server,
        await Raw.connect(server.port, tls=tls.client, receive_buffer=4096) as raw,
    ):
        await raw.upgrade()
        raw.stop_reading()
        sent = 0
        while not recording.last.gone.is_set():
            sent += 1
            recording.last.socket.send_text(b"x" * 100_000)
            await asyncio.sleep(0.001)
        assert recording.last.ending == (1006, "too far behind")
        assert sent < 150


async def test_R16_dead_peer_is_noticed_over_tls(tls: Tls) -> None:
    recording = RecordingEndpoint()
    async with (
        serving(recording, Limits(ping_interval=0.1, ping_timeout=0.1), tls=tls.server) as server,
        await Raw.connect(server.port, tls=tls.client) as raw,
    ):
        await raw.upgrade()
        assert await raw.close_code() == 1011
        await recording.last.gone.wait()


async def test_S18_header_deadline_holds_over_tls(tls: Tls) -> None:
    http = http_protocol(HttpLimits(head_timeout=0.1))
    async with (
        serving(http=http, tls=tls.server) as server,
        await Raw.connect(server.port, tls=tls.client) as raw,
    ):
        raw.writer.write(b"GET / HTTP/1.1\r\nX: ")
        async with asyncio.timeout(60):
            assert (await raw.rest()).startswith(b"HTTP/1.1 408 ")


UNFINISHED = 16


class Listening(NamedTuple):
    """A listener for `UNFINISHED` handshakes, with one connection on each of as many addresses."""

    port: int
    silent: list[asyncio.StreamReader]
    silent_writers: list[asyncio.StreamWriter]

    async def shake_hands(self, tls: Tls, source: str) -> None:
        _, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=tls.client, local_addr=(source, 0)
        )
        writer.close()


@asynccontextmanager
async def listening(
    tls: Tls, *, patience: float, addresses: int, deadline: float = 60
) -> AsyncIterator[Listening]:
    """Fill a listener with silent connections, from as many addresses in turn."""
    sockets = socket.create_server(("127.0.0.1", 0))
    listener = TlsListener(
        sockets,
        asyncio.Protocol,
        tls.server,
        deadline=deadline,
        unfinished=UNFINISHED,
        patience=patience,
    )
    port = sockets.getsockname()[1]
    opened = [
        await asyncio.open_connection(
            "127.0.0.1", port, local_addr=(f"127.0.1.{number % addresses + 1}", 0)
        )
        for number in range(UNFINISHED)
    ]
    try:
        yield Listening(port, [reader for reader, _ in opened], [writer for _, writer in opened])
    finally:
        listener.close()
        await listener.wait_closed()
        for _, writer in opened:
            writer.close()


async def test_S18_a_client_waits_while_too_many_shake_hands(tls: Tls) -> None:
    async with listening(tls, patience=60, addresses=UNFINISHED) as server:
        user = asyncio.create_task(server.shake_hands(tls, "127.0.0.9"))
        done, _ = await asyncio.wait([user], timeout=0.3)
        assert not done
        server.silent_writers[7].close()
        async with asyncio.timeout(30):
            await user
        assert not any(reader.at_eof() for reader in server.silent[:7])


async def test_S18_a_client_takes_the_place_of_a_silent_one(tls: Tls) -> None:
    async with listening(tls, patience=0.1, addresses=UNFINISHED) as server, asyncio.timeout(30):
        await server.shake_hands(tls, "127.0.0.9")
        assert await server.silent[0].read() == b""


async def test_S18_an_address_with_many_handshakes_is_not_waited_for(tls: Tls) -> None:
    async with listening(tls, patience=60, addresses=1) as server, asyncio.timeout(30):
        await server.shake_hands(tls, "127.0.0.9")
        assert await server.silent[0].read() == b""


async def test_S18_a_silent_client_is_cut_at_the_deadline(tls: Tls) -> None:
    async with listening(tls, patience=60, addresses=UNFINISHED, deadline=0.5) as server:
        async with asyncio.timeout(10):
            assert [await each.read() for each in server.silent] == [b""] * UNFINISHED
        await server.shake_hands(tls, "127.0.0.9")


async def test_S18_time_in_which_the_process_is_stopped_does_not_count(tls: Tls) -> None:
    sockets = socket.create_server(("127.0.0.1", 0))
    listener = TlsListener(sockets, asyncio.Protocol, tls.server, deadline=0.5)
    client = socket.create_connection(sockets.getsockname())
    await asyncio.sleep(0.1)
    time.sleep(1)  # noqa: ASYNC251 - the event loop is to stand still
    async with asyncio.timeout(10):
        _, writer = await asyncio.open_connection(
            sock=client, ssl=tls.client, server_hostname="localhost"
        )
    writer.close()
    listener.close()
    await listener.wait_closed()
