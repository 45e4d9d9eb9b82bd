"""A strict native client for tests: it keeps a position, and a gap is a failure."""

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

PASSWORD = "mist over the harbour"
ACK_EVERY = 50
PATIENCE = 60.0
"""Seconds in which something must happen, also on a busy machine."""

Frame = dict[str, Any]


@dataclass
class Person:
    """A user who is logged in."""

    id: str
    username: str
    token: str
    refresh_token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


async def register(address: str, username: str, password: str = PASSWORD) -> Person:
    """Register and log in over REST."""
    async with httpx.AsyncClient(base_url=address) as http:
        account = {"username": username, "password": password}
        (await http.post("/v1/register", json=account)).raise_for_status()
        credentials = {"identifier": username, "password": password}
        answer = (await http.post("/v1/login", json=credentials)).raise_for_status().json()
    return Person(answer["user"]["id"], username, answer["access_token"], answer["refresh_token"])


@dataclass
class Device:
    """One device of a person: its data survive its connections."""

    socket_address: str
    person: Person
    epoch: str | None = None
    position: int | None = None
    events: list[Frame] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    closed: tuple[int, str] | None = None
    _socket: ClientConnection | None = None
    _reader: asyncio.Task[None] | None = None
    _acks: dict[str, asyncio.Future[Frame]] = field(default_factory=dict)
    _live: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def open(self) -> None:
        """Connect, send `hello` with the position, and wait until it is live.

        Raises `ConnectionError` if the connection ends before that.
        """
        live = self._live = asyncio.Event()
        self.closed = None
        hello: Frame = {"type": "hello", "token": self.person.token}
        if self.position is not None:
            hello |= {"epoch": self.epoch, "position": self.position}
        try:
            self._socket = await connect(f"{self.socket_address}/v1/ws", compression=None)
            await self.send_frame(hello)
        except WebSocketException as error:
            raise ConnectionError from error
        reader = self._reader = asyncio.create_task(self._read(self._socket))
        reader.add_done_callback(lambda _: live.set())
        async with asyncio.timeout(PATIENCE):
            await live.wait()
        if reader.done():
            reader.result()
            raise ConnectionError(self.closed)

    async def send_frame(self, frame: Frame) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps(frame))

    async def send(self, to: Person, body: str, client_id: str) -> Frame:
        """Send a message; return its `ack` or `error`. Raises `ConnectionError` if none comes."""
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._acks[client_id] = answer
        try:
            frame = {"type": "send", "to": to.id, "body": body, "client_id": client_id}
            await self.send_frame(frame)
            async with asyncio.timeout(PATIENCE):
                return await answer
        except ConnectionClosed as error:
            raise ConnectionError from error
        finally:
            self._acks.pop(client_id, None)

    async def until(self, count: int, kind: str = "message", *, within: float = PATIENCE) -> None:
        """Wait until this many events of a kind are held."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: len(self.of(kind)) >= count)

    def of(self, kind: str) -> list[Frame]:
        """The contents of the held events of a kind, in their order."""
        return [each["data"] for each in self.events if each["kind"] == kind]

    async def frame(self, kind: str, *, within: float = PATIENCE) -> Frame:
        """Remove and return the next frame of this type, which may have arrived earlier."""

        def found() -> Frame | None:
            return next((each for each in self.frames if each["type"] == kind), None)

        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: found() is not None)
            frame = found()
            assert frame is not None
            self.frames.remove(frame)
            return frame

    def cut(self) -> None:
        """Lose the connection silently, as a network does."""
        assert self._socket is not None
        self._socket.transport.abort()

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader

    async def gone(self, *, within: float = PATIENCE) -> tuple[int, str]:
        """Wait for the connection's end; return its close code and reason."""
        assert self._reader is not None
        async with asyncio.timeout(within):
            await asyncio.wait([self._reader])
        assert self.closed is not None
        return self.closed

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for payload in socket:
                await self._take(json.loads(payload))
        except ConnectionClosed as error:
            self.closed = (error.rcvd.code, error.rcvd.reason) if error.rcvd else (1006, "")
        else:
            self.closed = (socket.close_code or 1006, socket.close_reason or "")
        for answer in self._acks.values():
            if not answer.done():
                answer.set_exception(ConnectionError())

    async def _take(self, frame: Frame) -> None:  # noqa: C901 - one case per frame
        match frame["type"]:
            case "welcome":
                self.epoch = frame["epoch"]
                if self.position is None:
                    self.position = frame["position"]
            case "reset":
                self.epoch, self.position = frame["epoch"], frame["position"]
                self.frames.append(frame)
            case "sync":
                for event in frame["events"]:
                    await self._apply(event)
                if not frame["more"]:
                    self._live.set()
            case "event":
                await self._apply(frame)
            case "lagging":
                await self.send_frame(
                    {"type": "sync", "position": self.position, "epoch": self.epoch}
                )
            case "ack":
                self._settle(frame)
                if frame["previous"] == self.position:
                    self.position = frame["position"]
            case "error":
                self._settle(frame)
                self.frames.append(frame)
            case _:
                self.frames.append(frame)
        async with self._changed:
            self._changed.notify_all()

    def _settle(self, frame: Frame) -> None:
        answer = self._acks.get(frame.get("client_id") or "")
        if answer is not None and not answer.done():
            answer.set_result(frame)

    async def _apply(self, event: Frame) -> None:
        assert self.position is not None
        if event["position"] <= self.position:
            return
        assert event["previous"] == self.position, f"a gap: {self.position} then {event}"
        self.position = event["position"]
        self.events.append(event)
        if self.position % ACK_EVERY == 0:
            await self.acknowledge()

    async def acknowledge(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self.send_frame({"type": "ack", "position": self.position})

    async def ping(self) -> None:
        """Wait until the server has read everything sent so far."""
        assert self._socket is not None
        async with asyncio.timeout(PATIENCE):
            await (await self._socket.ping())

    @property
    def texts(self) -> list[str]:
        """The bodies of the message events held, in their order."""
        return [each["body"] for each in self.of("message")]
