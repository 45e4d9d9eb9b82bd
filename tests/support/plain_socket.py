"""Users of `/register` and `/login`, and a plain WebSocket client."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.chat_server import ChatServer

PASSWORD = "mist over the harbour"
PATIENCE = 60.0
"""Seconds in which something must come, also on a busy machine."""
QUIET, TURN = 15, 0.01
"""Turns, and the seconds of each, after which what has not come will not come.

A machine that stalls loses one of the turns, and not what would have come in the others.
"""

Frame = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """A user who is logged in."""

    id: str
    username: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


async def log_in(server: ChatServer, username: str) -> Person:
    """One more login of a user."""
    async with httpx.AsyncClient(base_url=server.address) as http:
        credentials = {"username": username, "password": PASSWORD}
        answer = (await http.post("/login", json=credentials)).raise_for_status()
    token: str = answer.json()["token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    return Person(claims["sub"], username, token)


async def register(server: ChatServer, username: str) -> Person:
    """Register a user, and log in."""
    async with httpx.AsyncClient(base_url=server.address) as http:
        account = {"username": username, "password": PASSWORD}
        (await http.post("/register", json=account)).raise_for_status()
    return await log_in(server, username)


class ClientSocket:
    """A client on one socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, *frames: object) -> None:
        """Send frames one after the other, without waiting for answers."""
        for frame in frames:
            text = frame if isinstance(frame, str | bytes) else json.dumps(frame)
            await self.socket.send(text)

    async def receive(self) -> Frame:
        """The next frame."""
        async with asyncio.timeout(PATIENCE):
            frame: Frame = json.loads(await self.socket.recv())
        return frame

    async def ask(self, frame: object) -> Frame:
        """Send a frame; return the next one that arrives."""
        await self.send(frame)
        return await self.receive()

    async def receive_all(self, least: int = 0) -> list[Frame]:
        """The first `least` frames, and all others that arrive without a pause."""
        heard = [await self.receive() for _ in range(least)]
        quiet = 0
        while quiet < QUIET:
            try:
                async with asyncio.timeout(TURN):
                    heard.append(await self.receive())
                quiet = 0
            except TimeoutError:
                quiet += 1
        return heard

    async def end(self) -> tuple[int, str]:
        """Wait until the server closes; return its code and reason."""
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionClosed):
                async for _ in self.socket:
                    pass
        return self.socket.close_code or 1006, self.socket.close_reason or ""


@asynccontextmanager
async def connected(
    server: ChatServer, path: str, *people: Person
) -> AsyncGenerator[tuple[ClientSocket, ...]]:
    """A socket at `path` for each of these people."""
    async with AsyncExitStack() as open_sockets:
        clients: list[ClientSocket] = []
        for person in people:
            opening = connect(server.socket_address + path, additional_headers=person.headers)
            clients.append(ClientSocket(await open_sockets.enter_async_context(opening)))
        yield tuple(clients)


async def silent(clients: Iterable[ClientSocket]) -> None:
    """Assert that none of them receives anything."""
    for client in clients:
        assert await client.receive_all() == []
