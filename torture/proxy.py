"""A wire between one device and the server that can be cut, slowed and blocked."""

import asyncio
import contextlib
import random
import socket
import struct
from typing import Self

PIECE = 4_096
"""Most bytes that are carried at once: a cut then hits the middle of a burst, or of a frame."""
BUFFER = 65_536
"""Bytes that the kernel takes for a device that does not read."""
RESET = struct.pack("ii", 1, 0)
"""Linger for no time at all: closing sends RST."""


class Wire:
    """A TCP proxy on loopback. Its listening port stays; its connections come and go."""

    def __init__(self, port: int) -> None:
        """`port` is the server's."""
        self.delay = 0.0
        """Seconds that each piece waits, in both directions."""
        self._port = port
        self._upward, self._downward = asyncio.Event(), asyncio.Event()
        self._calls: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self._refuses = False
        self.flow()

    @property
    def address(self) -> str:
        """The address at which the device finds the server, as `host:port`."""
        if self._listener is None:
            raise RuntimeError("the wire is not open")
        host, port = self._listener.sockets[0].getsockname()
        return f"{host}:{port}"

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listener is not None:
            self._listener.close()
        calls = list(self._calls)
        self.cut()
        await asyncio.gather(*calls, return_exceptions=True)

    def cut(self) -> int:
        """Reset all connections (RST to both ends); return how many there were."""
        for call in self._calls:
            call.cancel()
        return len(self._calls)

    def refuse(self) -> None:
        """Reset all connections, and new ones until `flow`."""
        self._refuses = True
        self.cut()

    def stall(self) -> None:
        """Transfer nothing until `flow`; bytes sent meanwhile wait in the kernel."""
        self._upward.clear()
        self._downward.clear()

    def stall_reader(self) -> None:
        """Stop delivery to the device until `flow`; its own bytes still reach the server."""
        self._downward.clear()

    def flow(self) -> None:
        """End all stalls, refusals and delays."""
        self._refuses = False
        self.delay = 0.0
        self._upward.set()
        self._downward.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            _reset(writer)
            return
        call = asyncio.create_task(self._carry(reader, writer))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([call])

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            far_reader, far_writer = await _dial(self._port)
            writers.append(far_writer)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, far_writer, self._upward))
                group.create_task(self._pump(far_reader, writer, self._downward))
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            for each in writers:
                _reset(each)  # one end has closed or was cut: close the other
        else:
            for each in writers:
                each.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, valve: asyncio.Event
    ) -> None:
        while True:
            await valve.wait()
            piece = await reader.read(random.randint(1, PIECE))  # noqa: S311 - where it is cut
            if not piece:
                break
            await valve.wait()
            if self.delay:
                await asyncio.sleep(self.delay)
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


async def _dial(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    dialled = socket.socket()
    dialled.settimeout(0)
    dialled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    try:
        await asyncio.get_running_loop().sock_connect(dialled, ("127.0.0.1", port))
        return await asyncio.open_connection(sock=dialled)
    except BaseException:
        dialled.close()
        raise


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
