"""TLS on a running server."""

import asyncio
import contextlib
import ssl
from pathlib import Path

import httpx
import pytest

from tests.support.process import server_process

CLIENT_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"
"""The first bytes of a handshake whose rest never comes."""


@pytest.mark.parametrize("sent", [b"", CLIENT_HELLO], ids=["nothing", "half a hello"])
async def test_S18_a_handshake_has_a_deadline(tmp_path: Path, sent: bytes) -> None:
    # By default, asyncio waits a minute.
    with server_process(tmp_path, tls_mode="self-signed", limits_header_deadline="1") as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(sent)
        async with asyncio.timeout(30):
            assert await reader.read() == b""
        writer.close()


STRANGERS = 1_000
LIMIT = 64 << 20
LIMIT_OF_HANDSHAKES = 32 << 20
"""Of those that are in progress at the same time."""


def _client_hello() -> bytes:
    """The first message of a whole handshake."""
    sent = ssl.MemoryBIO()
    client = TRUSTING.wrap_bio(ssl.MemoryBIO(), sent)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


TRUSTING = ssl._create_unverified_context()  # noqa: S323 - the server's own certificate
BODY = (
    b"POST /v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 900000\r\n\r\n" + b" " * 200_000
)
STRANGER_KINDS = {
    "connections": (b"", None, LIMIT_OF_HANDSHAKES),
    "handshakes": (_client_hello(), None, LIMIT_OF_HANDSHAKES),
    "heads": (b"GET / HTTP/1.1\r\nX: " + b"a" * 15_000, TRUSTING, LIMIT),
    "bodies": (BODY, TRUSTING, LIMIT),
}


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("kind", STRANGER_KINDS)
async def test_S18_strangers_over_tls_hold_less_than_64_mib(tmp_path: Path, kind: str) -> None:
    """At any unfinished stage of their connections; another client is served meanwhile."""
    sent, tls, limit = STRANGER_KINDS[kind]
    with server_process(tmp_path, tls_mode="self-signed") as server:
        before = highest = server.resident()
        async with contextlib.AsyncExitStack() as opened:
            connecting = asyncio.get_running_loop().create_connection
            for _ in range(STRANGERS):
                stranger, _ = await connecting(asyncio.Protocol, "127.0.0.1", server.port, ssl=tls)
                opened.callback(stranger.abort)
                stranger.write(sent)
                highest = max(highest, server.resident())
            transport = httpx.AsyncHTTPTransport(verify=TRUSTING, local_address="127.0.0.2")
            async with httpx.AsyncClient(base_url=server.address, transport=transport) as user:
                assert (await user.get("/v1/config", timeout=60)).status_code == 200
            highest = max(highest, server.resident())
    assert highest - before < limit
