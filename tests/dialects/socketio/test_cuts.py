"""Connections that break all the time: everything arrives once and in order."""

import asyncio
import contextlib
import itertools
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from tests.support.chat_server import ChatServer
from tests.support.client_dialects import ROOMS
from tests.support.node_client import node_client
from tests.support.plain_socket import Person

MESSAGES = 400
PACE = 0.01


class Relay:
    """A TCP relay to the server whose connections a test can break at any byte."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: list[asyncio.StreamWriter] = []
        self.cuts = 0

    def cut(self) -> None:
        """Break all connections (RST)."""
        self.cuts += 1
        streams, self._streams = self._streams, []
        for stream in streams:
            stream.transport.abort()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._streams += [writer, far_writer]
        await asyncio.gather(_carry(reader, far_writer), _carry(far_reader, writer))


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(random.randrange(1, 2_000)):
            writer.write(piece)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def breaking_relay(server: ChatServer) -> AsyncGenerator[tuple[Relay, str]]:
    relay = Relay(server.port)
    listener = await asyncio.start_server(relay.accept, "127.0.0.1", 0)
    try:
        yield relay, f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        relay.cut()
        listener.close()


@pytest.mark.service
@pytest.mark.slow
@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_R5_no_message_is_lost_or_repeated_by_random_disconnects(
    server: ChatServer, ada: Person, bob: Person, transport: str
) -> None:
    texts = [f"{count}" for count in range(MESSAGES)]
    got: list[str] = []

    async def send() -> None:
        async with ROOMS.open(server, ada) as sender:
            for text in texts:
                await ROOMS.send(sender, bob, text)
                await asyncio.sleep(PACE)

    async def cut(relay: Relay) -> None:
        while True:
            await asyncio.sleep(random.uniform(0.2, 0.8))
            relay.cut()

    async with breaking_relay(server) as (relay, url):
        given = {"auth": {"token": bob.token}, "transports": [transport]}
        async with node_client(url, **given) as client:  # type: ignore[arg-type]
            await client.happens("connect")
            await client.event("offset")
            sending, cutting = asyncio.create_task(send()), asyncio.create_task(cut(relay))
            while not got or got[-1] != texts[-1]:
                got.append((await client.event("chat message"))["content"])
            cutting.cancel()
            await sending
    assert relay.cuts >= 5
    # Only a cut between a message and its offset may repeat it, which nearly never happens.
    assert [text for text, _ in itertools.groupby(got)] == texts
    assert len(got) <= MESSAGES + 1
