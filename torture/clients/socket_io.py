"""The dialects of Socket.IO: `chat message` and `sendMessage`, by python-socketio's client."""

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from typing import Any

import aiohttp
import socketio

from torture.clients.cursorless import Cursorless, Frame, Heard
from torture.clients.dialect import DialectDevice, Letter, Lost

TRANSPORTS: tuple[list[str], ...] = (["websocket"], ["polling", "websocket"], ["polling"])
"""A device keeps to one of these."""
OPENING = 8.0
CLOSING = 1.0
"""Seconds for an orderly goodbye; the wire may be dead."""


class SocketIo(Cursorless):
    """Every event asks for an answer; it comes with the client id of what it answers."""

    # Over polling it posts all that waits at once, and half a megabyte is what the server takes.
    WINDOW = 16
    LOSSES = (
        *DialectDevice.LOSSES,
        socketio.exceptions.SocketIOError,
        aiohttp.ClientError,
        ValueError,  # of python-engineio, where an answer over polling is cut off
    )
    EVENT = ""
    """The event that says something."""
    PUSHED = ""
    """The event that delivers."""
    _client: Any = None
    _http: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        frames = self.frames
        self._http = _session()
        self._client = client = socketio.AsyncClient(
            reconnection=False, handle_sigint=False, http_session=self._http
        )

        async def pushed(data: Frame) -> None:
            frames.put_nowait({"pushed": data})

        async def gone(*_: object) -> None:
            frames.put_nowait(None)

        client.on(self.PUSHED, pushed)
        client.on("disconnect", gone)
        opening = client.connect(
            f"http://{self.wire.address}",
            auth={"token": self.person.token},
            transports=self._transports,
            wait_timeout=OPENING,
        )
        await _within(OPENING, opening)

    async def transmit(self, letter: Letter) -> None:
        if self._client is None:
            raise Lost
        frames = self.frames

        def answered(answer: Frame) -> None:
            frames.put_nowait({"answer": answer, "client_id": letter.client_id})

        await self._client.emit(self.EVENT, self.encode(letter), callback=answered)

    async def disconnect(self) -> None:
        client, http = self._client, self._http
        self._client = self._http = None
        self.wire.cut()
        if client is not None:
            await self._let_go(client.shutdown())
        if http is not None:
            await self._let_go(http.close())

    async def _let_go(self, closing: Coroutine[Any, Any, None]) -> None:
        with contextlib.suppress(*self.LOSSES):
            await _within(CLOSING, closing)

    def take(self, frame: Frame) -> None:
        if "pushed" in frame:
            self.heard(self.decode(frame["pushed"]))
        elif "code" in frame["answer"]:
            self.refused(frame["client_id"], frame["answer"]["code"])
        else:
            self.acknowledged(frame["client_id"], *self.stored(frame["answer"]))

    def encode(self, letter: Letter) -> Frame:
        """What the event says that carries a letter."""
        raise NotImplementedError

    def decode(self, message: Frame) -> Heard:
        """The message that is delivered."""
        raise NotImplementedError

    def stored(self, answer: Frame) -> Sequence[Any]:
        """The id of a letter that is stored, and its place where that is told."""
        raise NotImplementedError

    @property
    def _transports(self) -> list[str]:
        return TRANSPORTS[sum(map(ord, self.name)) % len(TRANSPORTS)]


class Rooms(SocketIo):
    EVENT = PUSHED = "chat message"

    def encode(self, letter: Letter) -> Frame:
        return {"receiver": letter.to.id, "content": letter.body, "clientId": letter.client_id}

    def decode(self, message: Frame) -> Heard:
        sender, receiver = self.somebody(message["sender"]), self.somebody(message["receiver"])
        return Heard(message["_id"], sender, receiver, message["content"])

    def stored(self, answer: Frame) -> Sequence[Any]:
        return (answer["message"]["_id"],)


class Queued(SocketIo):
    EVENT = "sendMessage"
    PUSHED = "receiveMessage"

    def encode(self, letter: Letter) -> Frame:
        said = {"receiver_id": letter.to.id, "content": letter.body}
        return {**said, "client_id": letter.client_id}

    def decode(self, message: Frame) -> Heard:
        return Heard(
            message["message_id"],
            self.somebody(message["sender_id"]),
            self.somebody(message["receiver_id"]),
            message["content"],
            message["sequence_number"],
        )

    def stored(self, answer: Frame) -> Sequence[Any]:
        return answer["message_id"], answer["sequence_number"]


def _session() -> aiohttp.ClientSession:
    """One that does not repeat a GET by itself where its connection was cut off.

    What the lost answer held would be lost as well: to the server the repetition is the next
    poll, which says that the answer before it has been read.
    """
    session = aiohttp.ClientSession()
    session._retry_connection = False  # noqa: SLF001 - there is no option for it
    return session


async def _within(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    """Wait for it no longer than this, even if it takes no notice of being cancelled."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait([task], timeout=seconds)
    finally:
        task.cancel()
    if not task.done():
        raise Lost
    await task
