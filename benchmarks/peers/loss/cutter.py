"""A proxy to the server that cuts connections."""

import asyncio
import random
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: unsent data are dropped, and both ends get a reset."""


class Cutter:
    """Passes bytes between clients and a server, and cuts connections."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._open: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._passing: set[asyncio.Task[None]] = set()
        self.cuts = 0

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[int]:
        """The port for clients."""
        listener = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        async with listener:
            port: int = listener.sockets[0].getsockname()[1]
            yield port
            for ends in list(self._open):
                _reset(ends)
            await asyncio.gather(*self._passing)

    async def cut_every_second(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            await asyncio.sleep(1)
            if self._open:
                _reset(random.choice(list(self._open)))
                self.cuts += 1

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passing = asyncio.create_task(self._pass(reader, writer))
        self._passing.add(passing)
        passing.add_done_callback(self._passing.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._server_port)
        ends = (writer, back)
        self._open.add(ends)
        await asyncio.gather(_pump(reader, back), _pump(there, writer))
        self._open.discard(ends)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # the other end has closed; this one is closed below
    finally:
        writer.close()


def _reset(ends: tuple[asyncio.StreamWriter, ...]) -> None:
    for writer in ends:
        if not writer.is_closing():
            raw: socket.socket = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
