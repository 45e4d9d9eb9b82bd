"""TLS as the running server does it."""

import asyncio
from pathlib import Path

import pytest

from tests.support.process import server_process

CLIENT_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"
"""The first bytes of a handshake whose rest never comes."""


@pytest.mark.parametrize("said", [b"", CLIENT_HELLO], ids=["nothing", "half a hello"])
async def test_S18_a_handshake_has_a_deadline(tmp_path: Path, said: bytes) -> None:
    # Unless told otherwise, asyncio waits a minute.
    with server_process(tmp_path, tls_mode="self-signed", limits_header_deadline="1") as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(said)
        async with asyncio.timeout(30):
            assert await reader.read() == b""
        writer.close()
