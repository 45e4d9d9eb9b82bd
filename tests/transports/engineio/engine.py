"""An Engine.IO server that sends everything back, and clients that speak to it by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec
from websockets.asyncio.client import connect

from backchannel.transports.engineio.endpoint import EngineIoSettings, Session
from backchannel.transports.engineio.polling import Polling
from backchannel.transports.engineio.server import EngineIo
from backchannel.transports.http.limits import HttpLimits
from backchannel.transports.http.protocol import http_protocol
from backchannel.transports.websocket.endpoint import UpgradeRequest
from tests.transports.harness import Served, eventually, serving

DEFAULTS = EngineIoSettings()
FAST = EngineIoSettings(ping_interval=0.3, ping_timeout=0.2)
"""For tests of the heartbeat: a session ends in half a second unless its client answers."""


@dataclass
class Echo:
    """A handler that records events and sends messages back."""

    request: UpgradeRequest
    received: list[bytes] = field(default_factory=list)
    flushes: int = 0
    ending: str | None = None
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    session: Session = field(init=False)

    def opened(self, session: Session) -> None:
        self.session = session

    def text_received(self, payload: bytes) -> None:
        self.received.append(payload)
        self.session.send_text(payload)

    def binary_received(self, payload: bytes) -> None:
        self.received.append(payload)
        self.session.send_binary(payload)

    def flushed(self) -> None:
        self.flushes += 1

    def closed(self, reason: str) -> None:
        assert self.ending is None, "closed twice"
        self.ending = reason
        self.gone.set()


@dataclass
class Engine:
    served: Served
    server: EngineIo
    handlers: list[Echo]
    http: httpx.AsyncClient

    @property
    def last(self) -> Echo:
        return self.handlers[-1]

    async def request(self, method: str = "GET", body: str = "", **query: str) -> httpx.Response:
        return await self.http.request(method, "/", params=query, content=body)

    async def open(self) -> str:
        """Open a polling session and return its id."""
        answer = await self.request(EIO="4", transport="polling")
        assert answer.status_code == 200
        return str(handshake(answer.text)["sid"])

    async def poll(self, sid: str) -> httpx.Response:
        return await self.request(EIO="4", transport="polling", sid=sid)

    async def waiting_poll(self, sid: str) -> asyncio.Task[httpx.Response]:
        """Send a GET, and return as soon as it waits for packets."""
        poll = asyncio.create_task(self.poll(sid))
        polling = self.polling(sid)
        await eventually(lambda: polling.waiting)
        return poll

    def polling(self, sid: str) -> Polling:
        session = self.server.sessions.get(sid)
        assert session is not None
        assert isinstance(session.transport, Polling)
        return session.transport

    async def push(self, sid: str, body: str) -> httpx.Response:
        return await self.request("POST", body, EIO="4", transport="polling", sid=sid)

    def websocket(self, query: str = "EIO=4&transport=websocket", **kwargs: Any) -> connect:
        return connect(f"{self.served.url}?{query}", **kwargs)

    def upgrade(self, sid: str) -> connect:
        return self.websocket(f"EIO=4&transport=websocket&sid={sid}")


def handshake(packet: str | bytes) -> dict[str, Any]:
    """Return the content of an open packet."""
    assert isinstance(packet, str)
    assert packet.startswith("0")
    return msgspec.json.decode(packet[1:], type=dict[str, Any])


@asynccontextmanager
async def engine(
    settings: EngineIoSettings = DEFAULTS, *, limits: HttpLimits | None = None, **kwargs: Any
) -> AsyncIterator[Engine]:
    handlers: list[Echo] = []

    def endpoint(request: UpgradeRequest) -> Echo:
        handlers.append(Echo(request))
        return handlers[-1]

    server = EngineIo(endpoint, settings, **kwargs)
    async with (
        serving(server.websocket, http=http_protocol(limits), app=server.polling) as served,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", timeout=60) as http,
    ):
        yield Engine(served, server, handlers, http)
        server.sessions.drain()
