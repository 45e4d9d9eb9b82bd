"""The dialects of Socket.IO: `chat message` and `sendMessage`, by python-socketio's client."""

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from typing import Any

import aiohttp
import socketio

from torture.clients.auto_ack import AutoAckClient, Frame, Received
from torture.clients.dialect import DialectDevice, Lost, OutgoingMessage, is_in_doubt

TRANSPORTS: tuple[list[str], ...] = (["websocket"], ["polling", "websocket"], ["polling"])
"""A device keeps to one of these."""
OPENING = 8.0
CLOSING = 1.0
"""Seconds for an orderly goodbye; the wire may be dead."""


class SocketIo(AutoAckClient):
    """Every event requests an answer, which has the client id of its message."""

    # Over polling, it posts all waiting events at once, of which the server accepts 500 kB.
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

    async def transmit(self, outgoing: OutgoingMessage) -> None:
        if self._client is None:
            raise Lost
        frames = self.frames

        def answered(answer: Frame) -> None:
            frames.put_nowait({"answer": answer, "client_id": outgoing.client_id})

        await self._client.emit(self.EVENT, self.encode(outgoing), callback=answered)

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
            self.received(self.decode(frame["pushed"]))
        elif "code" in frame["answer"]:
            answer = frame["answer"]
            self.refused(frame["client_id"], answer["code"], in_doubt=is_in_doubt(answer))
        else:
            self.acknowledged(frame["client_id"], *self.stored(frame["answer"]))

    def encode(self, outgoing: OutgoingMessage) -> Frame:
        """The data of the event that carries a message."""
        raise NotImplementedError

    def decode(self, message: Frame) -> Received:
        """The message that is delivered."""
        raise NotImplementedError

    def stored(self, answer: Frame) -> Sequence[Any]:
        """The id of a stored message, and its `seq` where the answer has one."""
        raise NotImplementedError

    @property
    def _transports(self) -> list[str]:
        return TRANSPORTS[sum(map(ord, self.name)) % len(TRANSPORTS)]


class Rooms(SocketIo):
    EVENT = PUSHED = "chat message"

    def encode(self, outgoing: OutgoingMessage) -> Frame:
        return {
            "receiver": outgoing.to.id,
            "content": outgoing.body,
            "clientId": outgoing.client_id,
        }

    def decode(self, message: Frame) -> Received:
        sender, receiver = (
            self.person_named(message["sender"]),
            self.person_named(message["receiver"]),
        )
        return Received(message["_id"], sender, receiver, message["content"])

    def stored(self, answer: Frame) -> Sequence[Any]:
        return (answer["message"]["_id"],)


class Queued(SocketIo):
    EVENT = "sendMessage"
    PUSHED = "receiveMessage"

    def encode(self, outgoing: OutgoingMessage) -> Frame:
        frame = {"receiver_id": outgoing.to.id, "content": outgoing.body}
        return {**frame, "client_id": outgoing.client_id}

    def decode(self, message: Frame) -> Received:
        return Received(
            message["message_id"],
            self.person_named(message["sender_id"]),
            self.person_named(message["receiver_id"]),
            message["content"],
            message["sequence_number"],
        )

    def stored(self, answer: Frame) -> Sequence[Any]:
        return answer["message_id"], answer["sequence_number"]


def _session() -> aiohttp.ClientSession:
    """A session that does not repeat a GET whose connection was cut.

    The content of the lost response would be lost as well: for the server, the repetition is the
    next poll, which confirms the response before it.
    """
    session = aiohttp.ClientSession()
    session._retry_connection = False  # noqa: SLF001 - there is no option for it
    return session


async def _within(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    """Wait no longer than this, even if the awaitable ignores cancellation."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait([task], timeout=seconds)
    finally:
        task.cancel()
    if not task.done():
        raise Lost
    await task
