"""A TCP proxy whose connections a test can cut, refuse and hold."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager


class Proxy:
    """Forwards bytes, except while a test holds them."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.refusing = False
        self._passing = asyncio.Event()
        self._passing.set()
        self._answering = asyncio.Event()
        self._answering.set()
        self.answers: int | None = None
        """The pieces of the server's answers that still pass; None: all of them."""
        self.exhausted = asyncio.Event()
        """Set once a piece has been kept because `answers` was 0."""

    @classmethod
    @asynccontextmanager
    async def before(cls, host: str, port: int) -> AsyncGenerator["Proxy"]:
        """A proxy in front of a server."""
        proxy = cls(host, port)
        server = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
        proxy.port = server.sockets[0].getsockname()[1]
        try:
            yield proxy
        finally:
            server.close()
            proxy.cut()

    def cut(self) -> None:
        """End all connections, as a broker that is killed does."""
        for writer in tuple(self._open):
            writer.transport.abort()

    def hold(self) -> None:
        """Keep what clients send until `release`."""
        self._passing.clear()

    def hold_answers(self) -> None:
        """Keep what the server sends until `release`, or lose it with `cut`."""
        self._answering.clear()

    def release(self) -> None:
        self.answers = None
        self.exhausted.clear()
        self._passing.set()
        self._answering.set()

    async def _may_answer(self) -> None:
        await self._answering.wait()
        if self.answers is not None:
            if not self.answers:
                self._answering.clear()
                self.exhausted.set()
                await self._answering.wait()
            else:
                self.answers -= 1

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if not self.refusing:
                far_reader, far_writer = await asyncio.open_connection(*self.target)
                self._open.add(far_writer)
                await asyncio.gather(
                    _pass(reader, far_writer, self._passing.wait),
                    _pass(far_reader, writer, self._may_answer),
                )
                self._open.discard(far_writer)
        except OSError:
            pass  # One of the two sides has closed.
        finally:
            self._open.discard(writer)
            writer.transport.abort()


async def _pass(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    may_pass: Callable[[], Awaitable[object]],
) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            await may_pass()
            writer.write(data)
            await writer.drain()
    writer.transport.abort()
