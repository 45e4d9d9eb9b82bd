"""The NATS adapter with a server that does not speak NATS."""

import asyncio

import pytest

from backchannel.brokers.nats import nats_connect

FAR = 60.0


async def test_a_failed_attempt_closes_its_socket() -> None:
    pytest.importorskip("nats", reason="the extra `nats` is not installed")
    left: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def other_protocol(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        left.set_result(await reader.read())
        writer.close()

    server = await asyncio.start_server(other_protocol, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        connect = nats_connect(f"nats://127.0.0.1:{port}", "backchannel.test.")
        with pytest.raises(Exception, match="INFO"):
            await connect(lambda *_: None)
        assert await asyncio.wait_for(left, FAR) == b""
