"""A server on a free port, endpoints that record, and a client that can misbehave."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self, cast

import uvicorn
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from backchannel.transports.http.protocol import http_protocol
from backchannel.transports.websocket.endpoint import (
    Accepted,
    Endpoint,
    Refused,
    Socket,
    UpgradeRequest,
)
from backchannel.transports.websocket.upgrade import websocket_protocol

Protocol = type[asyncio.Protocol]

UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: chat.example\r\nConnection: keep-alive, Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{extra}\r\n"
)


@dataclass
class Recorder:
    """A handler that records events, and sends messages back if `echo` is set."""

    echo: bool = True
    texts: list[bytes] = field(default_factory=list)
    binaries: list[bytes] = field(default_factory=list)
    flushes: int = 0
    ending: tuple[int, str] | None = None
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    socket: Socket = field(init=False)

    def opened(self, socket: Socket) -> None:
        self.socket = socket

    def text_received(self, payload: bytes) -> None:
        self.texts.append(payload)
        if self.echo:
            self.socket.send_text(payload)

    def binary_received(self, payload: bytes) -> None:
        self.binaries.append(payload)
        if self.echo:
            self.socket.send_binary(payload)

    def flushed(self) -> None:
        self.flushes += 1

    def closed(self, code: int, reason: str) -> None:
        assert self.ending is None, "closed twice"
        self.ending = code, reason
        self.gone.set()


@dataclass
class RecordingEndpoint:
    """An endpoint that accepts every client, each with a new recorder."""

    build: Callable[[], Recorder] = Recorder
    requests: list[UpgradeRequest] = field(default_factory=list)
    handlers: list[Recorder] = field(default_factory=list)

    async def __call__(self, request: UpgradeRequest) -> Accepted | Refused:
        self.requests.append(request)
        self.handlers.append(self.build())
        return Accepted(self.handlers[-1])

    @property
    def last(self) -> Recorder:
        return self.handlers[-1]


@dataclass
class Served:
    port: int
    state: ServerState

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """An application that reads the whole body and returns its length."""
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    body = str(length).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(
    endpoint: Endpoint | None = None,
    *args: Any,
    http: Protocol | None = None,
    app: Any = hello,
    tls: ssl.SSLContext | None = None,
    **kwargs: Any,
) -> AsyncIterator[Served]:
    """Serve `endpoint` at / and `app` elsewhere; arguments as for `websocket_protocol`.

    The end of the block checks that every connection ends.
    """
    ws = websocket_protocol({"/": endpoint or RecordingEndpoint()}, *args, **kwargs)
    config = uvicorn.Config(app, http=http or http_protocol(), ws=ws, log_config=None)
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()

    def build() -> asyncio.Protocol:
        # what uvicorn.Server does for each connection
        make = cast("Any", config.http_protocol_class)
        return cast("asyncio.Protocol", make(config=config, server_state=state, app_state={}))

    server = await loop.create_server(build, "127.0.0.1", 0, ssl=tls)
    try:
        yield Served(server.sockets[0].getsockname()[1], state)
    finally:
        server.close()
        for connection in list(state.connections):
            connection.shutdown()
        await eventually(lambda: not state.connections, 10)


async def eventually(condition: Callable[[], bool], within: float = 10.0) -> None:
    """Wait until `condition` holds; fail after `within` seconds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.005)


class Raw:
    """A client on a bare TCP connection: it sends bytes and reads frames, nothing more."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(
        cls, port: int, *, receive_buffer: int = 0, tls: ssl.SSLContext | None = None
    ) -> Self:
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.connect(("127.0.0.1", port))
        return cls(
            *await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=tls and "localhost")
        )

    @classmethod
    async def upgraded(cls, port: int, extra: str = "", path: str = "/") -> Self:
        raw = await cls.connect(port)
        assert (await raw.upgrade(extra, path)).startswith(b"HTTP/1.1 101 ")
        return raw

    async def upgrade(self, extra: str = "", path: str = "/") -> bytes:
        """Send an upgrade request and return the head of the answer."""
        self.writer.write(UPGRADE.format(path=path, extra=extra).encode())
        return await self.reader.readuntil(b"\r\n\r\n")

    def send(self, opcode: Opcode, payload: bytes, *, fin: bool = True, rsv1: bool = False) -> None:
        self.writer.write(masked(opcode, payload, fin=fin, rsv1=rsv1))

    def stop_reading(self) -> None:
        cast("asyncio.Transport", self.writer.transport).pause_reading()

    def read_again(self) -> None:
        cast("asyncio.Transport", self.writer.transport).resume_reading()

    async def frame(self) -> tuple[int, bytes]:
        """Return the next frame's first byte and its payload."""
        first, size = await self.reader.readexactly(2)
        if size > 125:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8))
        return first, await self.reader.readexactly(size)

    async def close_code(self) -> int:
        """Skip to the close frame and return its code."""
        while True:
            first, payload = await self.frame()
            if first == 0x88:
                return int.from_bytes(payload[:2])

    async def rest(self) -> bytes:
        """Return everything up to the end of the connection, however it ends."""
        received = b""
        try:
            while part := await self.reader.read(65536):
                received += part
        except ConnectionError:
            return received
        return received

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()
        await asyncio.sleep(0)


def masked(opcode: Opcode, payload: bytes, *, fin: bool = True, rsv1: bool = False) -> bytes:
    """Return a client's frame as the `websockets` library writes it."""
    data = bytearray(Frame(opcode, payload, fin=fin).serialize(mask=True))
    if rsv1:
        data[0] |= 0x40
    return bytes(data)
