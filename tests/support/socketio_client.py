"""A simple Socket.IO client over one WebSocket, with events as frames like `ClientSocket`."""

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.support.chat_server import ChatServer
from tests.support.plain_socket import PATIENCE, ClientSocket, Frame, Person

PATH = "/socket.io/"
HANDSHAKE = f"{PATH}?EIO=4&transport=websocket"
OFFSET = "offset"


class SocketIoClient(ClientSocket):
    """A client that asks for an answer to each of its events.

    A frame is `{"event", "data"}`, or `{"ack", "data"}` for the answer to the event of that
    number. `offset` is its position for recovery, as in other clients.
    """

    def __init__(self, socket: ClientConnection, welcome: Frame) -> None:
        super().__init__(socket)
        self.sid: str = welcome["sid"]
        self.pid: str | None = welcome.get("pid")
        self.offset: str | None = None
        self._numbers = itertools.count(1)

    async def send(self, *frames: Any) -> None:
        for frame in frames:
            number = next(self._numbers)
            await self.socket.send(f"42{number}{json.dumps([frame['event'], frame['data']])}")

    async def receive(self) -> Frame:
        async with asyncio.timeout(PATIENCE):
            while True:
                if (frame := self._read(str(await self.socket.recv()))) is not None:
                    return frame

    async def wait_for_offset(self) -> None:
        """Wait for an offset; nothing else may arrive before it."""
        async with asyncio.timeout(PATIENCE):
            while self.offset is None:
                assert self._read(str(await self.socket.recv())) is None

    def _read(self, packet: str) -> Frame | None:
        """The event of a packet; None for any other packet."""
        if packet.startswith("43"):
            number, _, data = packet.removeprefix("43").partition("[")
            return {"ack": int(number), "data": json.loads(f"[{data}")[0]}
        assert packet.startswith("42"), packet
        name, *args = json.loads(packet.removeprefix("42"))
        if name == OFFSET:
            (self.offset,) = args
            return None
        (data,) = args
        return {"event": name, "data": data}


@asynccontextmanager
async def opened(
    server: ChatServer, query: str = "", **options: Any
) -> AsyncGenerator[ClientConnection]:
    """A session in which no namespace has been joined yet."""
    async with connect(server.socket_address + HANDSHAKE + query, **options) as socket:
        assert str(await socket.recv()).startswith("0{")
        yield socket


async def joined(socket: ClientConnection, auth: Frame | None = None) -> Frame:
    """Join the main namespace; return the server's answer, or its refusal under `refused`."""
    await socket.send("40" + ("" if auth is None else json.dumps(auth)))
    answer = str(await socket.recv())
    if answer.startswith("44"):
        return {"refused": json.loads(answer.removeprefix("44"))}
    return dict(json.loads(answer.removeprefix("40")))


@asynccontextmanager
async def socketio_connected(
    server: ChatServer, person: Person, *, recovering: SocketIoClient | None = None
) -> AsyncGenerator[SocketIoClient]:
    """A client of this person; `recovering` is the earlier client whose connection it recovers."""
    auth: Frame = {"token": person.token}
    if recovering is not None:
        auth |= {"pid": recovering.pid, "offset": recovering.offset}
    async with opened(server) as socket:
        yield SocketIoClient(socket, await joined(socket, auth))
