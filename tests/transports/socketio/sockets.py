"""A Socket.IO server whose namespaces answer by simple rules, and a simple client."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from backchannel.transports.engineio.endpoint import EngineIoSettings
from backchannel.transports.socketio.endpoint import (
    Accepted,
    Ack,
    ConnectRefused,
    ConnectRequest,
    Endpoint,
    Socket,
    SocketIoSettings,
)
from backchannel.transports.socketio.server import SocketIo
from backchannel.transports.websocket.upgrade import websocket_protocol
from tests.transports.harness import Served, serving


@dataclass
class Echo:
    """Sends events back under other names, acknowledges on request, and records everything."""

    request: ConnectRequest
    events: list[tuple[str, list[Any]]] = field(default_factory=list)
    flushes: int = 0
    ending: str | None = None
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    socket: Socket = field(init=False)

    def opened(self, socket: Socket) -> None:
        self.socket = socket
        socket.emit("auth", self.request.auth)

    def event_received(self, name: str, args: list[Any], ack: Ack | None) -> None:
        self.events.append((name, args))
        if ack is not None:
            ack(*args)
            ack("a second answer is not sent")
        elif name == "leave":
            self.socket.disconnect()
        elif name == "hang up":
            self.socket.close(4001, "logged out")
        else:
            self.socket.emit("back", *args)

    def flushed(self) -> None:
        self.flushes += 1

    def closed(self, reason: str) -> None:
        assert self.ending is None, "closed twice"
        self.ending = reason
        self.gone.set()


@dataclass
class Io:
    served: Served
    server: SocketIo
    handlers: list[Echo]

    @property
    def last(self) -> Echo:
        return self.handlers[-1]

    @property
    def http(self) -> str:
        return self.served.url.replace("ws", "http", 1)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ClientConnection]:
        """A client that has joined no namespace yet."""
        async with connect(f"{self.served.url}?EIO=4&transport=websocket") as client:
            assert str(await client.recv()).startswith("0")
            yield client

    @asynccontextmanager
    async def joined(self, namespace: str = "") -> AsyncIterator[ClientConnection]:
        """A client in the main namespace, or also in another one."""
        async with self.open() as client:
            await join(client)
            if namespace:
                await join(client, f"{namespace},")
            yield client


async def join(client: ClientConnection, prefix: str = "") -> dict[str, Any]:
    """Join a namespace and return the server's answer."""
    await client.send(f"40{prefix}")
    answer = str(await client.recv())
    assert answer.startswith(f"40{prefix}")
    assert await client.recv() == f'42{prefix}["auth",{{}}]'
    return msgspec.json.decode(answer.removeprefix(f"40{prefix}"), type=dict[str, Any])


async def close_code(client: ClientConnection) -> int | None:
    """Read to the end, and return the code of the close."""
    try:
        async with asyncio.timeout(60):
            while True:
                await client.recv()
    except ConnectionClosed:
        return client.close_code


@asynccontextmanager
async def socketio(
    settings: SocketIoSettings | None = None, engine: EngineIoSettings | None = None
) -> AsyncIterator[Io]:
    """Serve the namespaces / and /custom, which accept every client, and some that do not."""
    handlers: list[Echo] = []
    server = SocketIo(namespaces(handlers), settings, engine)
    async with serving(server.websocket, app=server.polling) as served:
        yield Io(served, server, handlers)
        server.sessions.drain()


@asynccontextmanager
async def uvicorn_server(engine: EngineIoSettings) -> AsyncIterator[tuple[str, list[Echo]]]:
    """Serve the same by uvicorn, at the path that clients expect."""
    handlers: list[Echo] = []
    server = SocketIo(namespaces(handlers), engine=engine)
    ws = websocket_protocol({"/socket.io/": server.websocket})
    config = uvicorn.Config(server.polling, ws=ws, lifespan="off", log_config=None)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        uvicorn_ = uvicorn.Server(config)
        running = asyncio.create_task(uvicorn_.serve([listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", handlers
        server.sessions.drain()
        uvicorn_.should_exit = True
        await running


def namespaces(handlers: list[Echo]) -> dict[str, Endpoint]:
    async def let_in(request: ConnectRequest) -> Accepted:
        handlers.append(Echo(request))
        return Accepted(handlers[-1])

    async def recover(request: ConnectRequest) -> Accepted:
        handlers.append(Echo(request))
        return Accepted(handlers[-1], sid="the-sid", pid=request.pid or "the-pid")

    async def refuse(_: ConnectRequest) -> ConnectRefused:
        return ConnectRefused("Not authorized", {"code": 7})

    async def fail(_: ConnectRequest) -> Accepted:
        raise ZeroDivisionError

    async def never(_: ConnectRequest) -> Accepted:
        await asyncio.Event().wait()
        raise AssertionError

    return {
        "/": let_in,
        "/custom": let_in,
        "/recovering": recover,
        "/members": refuse,
        "/broken": fail,
        "/slow": never,
    }
