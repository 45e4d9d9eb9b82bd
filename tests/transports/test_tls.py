"""The same over TLS, whose transports buffer and end differently."""

import asyncio
import datetime as dt
import ssl
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from backchannel.transports.http.factory import http_protocol
from backchannel.transports.http.limits import HttpLimits
from backchannel.transports.websocket.limits import Limits
from tests.transports.harness import Door, Raw, serving

LOCALHOST = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])


class Tls(NamedTuple):
    server: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """Make a certificate for localhost and contexts for both sides."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(LOCALHOST, LOCALHOST, key.public_key(), 1)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path: Path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + certificate.public_bytes(pem))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return Tls(server, ssl.create_default_context(cafile=str(path)))


async def test_messages_come_back_over_tls(tls: Tls) -> None:
    door = Door()
    async with serving(door, tls=tls.server) as server:
        url = server.url.replace("ws://127.0.0.1", "wss://localhost")
        async with connect(url, ssl=tls.client, host="127.0.0.1") as client:
            assert door.requests[0].secure
            for message in ("grüße", "x" * 1_000_000):
                await client.send(message)
                assert await client.recv() == message
            await client.send("x" * 1_100_000)
            with pytest.raises(ConnectionClosed):
                await client.recv()
            assert client.close_code == 1009


async def test_R13_reader_that_never_reads_is_cut_over_tls(tls: Tls) -> None:
    door = Door()
    async with (
        serving(door, Limits(backlog=1 << 20), tls=tls.server) as server,
        await Raw.connect(server.port, tls=tls.client, receive_buffer=4096) as raw,
    ):
        await raw.upgrade()
        raw.stop_reading()
        sent = 0
        while not door.last.gone.is_set():
            sent += 1
            door.last.socket.send_text(b"x" * 100_000)
            await asyncio.sleep(0.001)
        assert door.last.ending == (1006, "too far behind")
        assert sent < 150


async def test_R16_dead_peer_is_noticed_over_tls(tls: Tls) -> None:
    door = Door()
    async with (
        serving(door, Limits(ping_interval=0.1, ping_timeout=0.1), tls=tls.server) as server,
        await Raw.connect(server.port, tls=tls.client) as raw,
    ):
        await raw.upgrade()
        assert await raw.close_code() == 1011
        await door.last.gone.wait()


async def test_S18_header_deadline_holds_over_tls(tls: Tls) -> None:
    http = http_protocol(HttpLimits(head_timeout=0.1))
    async with (
        serving(http=http, tls=tls.server) as server,
        await Raw.connect(server.port, tls=tls.client) as raw,
    ):
        raw.writer.write(b"GET / HTTP/1.1\r\nX: ")
        async with asyncio.timeout(10):
            assert (await raw.rest()).startswith(b"HTTP/1.1 408 ")
