"""Two independent WebSocket clients with one interface: npm's ws, and websockets."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.node_client import TIMEOUT, WS_SCRIPT, NodeClient, node_client


class Client(Protocol):
    """An open socket."""

    extensions: str

    async def send(self, text: str) -> None: ...

    async def send_in_parts(self, parts: Sequence[str]) -> None:
        """One message in several frames, with pings between them."""

    async def send_invalid_text(self) -> None:
        """A text message that is not UTF-8."""

    async def ping(self, text: str) -> None:
        """Send a ping, and wait for the pong."""

    async def receive(self) -> Any:
        """The next message, decoded."""

    async def close(self, code: int, reason: str) -> None: ...

    async def closed(self) -> tuple[int, str]:
        """Wait for the end: the server's close code and reason."""


class Ws:
    """npm's `ws`, in a Node process."""

    def __init__(self, node: NodeClient, extensions: str) -> None:
        self._node = node
        self.extensions = extensions

    async def send(self, text: str) -> None:
        await self._node.order("send", text)

    async def send_in_parts(self, parts: Sequence[str]) -> None:
        await self._node.order("send_in_parts", parts)

    async def send_invalid_text(self) -> None:
        await self._node.order("send_invalid_text")

    async def ping(self, text: str) -> None:
        await self._node.order("ping", text)
        while await self._next("pong") != [text]:
            pass

    async def receive(self) -> Any:
        (text,) = await self._next("message")
        return json.loads(text)

    async def close(self, code: int, reason: str) -> None:
        await self._node.order("close", code, reason)

    async def closed(self) -> tuple[int, str]:
        code, reason = await self._next("close")
        return code, reason

    async def _next(self, kind: str) -> list[Any]:
        async with asyncio.timeout(TIMEOUT):
            while True:
                happened, *rest = await self._node.next()
                assert happened != "error", rest
                if happened == kind:
                    return rest


class Websockets:
    """Python's `websockets`."""

    def __init__(self, socket: ClientConnection) -> None:
        assert socket.response is not None
        self._socket = socket
        self.extensions = socket.response.headers.get("Sec-WebSocket-Extensions", "")

    async def send(self, text: str) -> None:
        await self._socket.send(text)

    async def send_in_parts(self, parts: Sequence[str]) -> None:
        async def paced() -> AsyncIterator[str]:
            for index, part in enumerate(parts):
                yield part
                await self.ping(f"part {index}")

        await self._socket.send(paced())

    async def send_invalid_text(self) -> None:
        self._socket.protocol.send_text(b"\xff")
        self._socket.send_data()

    async def ping(self, text: str) -> None:
        async with asyncio.timeout(TIMEOUT):
            await (await self._socket.ping(text))

    async def receive(self) -> Any:
        async with asyncio.timeout(TIMEOUT):
            return json.loads(await self._socket.recv())

    async def close(self, code: int, reason: str) -> None:
        await self._socket.close(code, reason)

    async def closed(self) -> tuple[int, str]:
        try:
            async with asyncio.timeout(TIMEOUT):
                while True:
                    await self.receive()
        except ConnectionClosed as end:
            if end.rcvd is None:
                raise ConnectionError("cut off without a word") from end
            return end.rcvd.code, end.rcvd.reason


@asynccontextmanager
async def open_client(library: str, url: str, *, deflate: bool) -> AsyncGenerator[Client]:
    """A client of a library that is connected to `url`, with or without an offer to compress."""
    if library == "ws":
        async with node_client(
            url, library="ws", script=WS_SCRIPT, perMessageDeflate=deflate
        ) as node:
            (extensions,) = await node.happens("open")
            yield Ws(node, extensions)
    else:
        async with connect(url, compression="deflate" if deflate else None) as socket:
            yield Websockets(socket)
