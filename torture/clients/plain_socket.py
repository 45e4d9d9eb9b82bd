"""The dialects of a plain WebSocket: `/chat` and `/websocket`."""

import asyncio
import contextlib
import json

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from torture.clients.cursorless import Cursorless, Frame, Heard
from torture.clients.dialect import DialectDevice, Letter, Lost


class PlainSocket(Cursorless):
    """JSON frames, and `"status": "stored"` on those that acknowledge."""

    LOSSES = (*DialectDevice.LOSSES, WebSocketException)
    PATH = ""
    ID = ""
    """The name of a message's id."""
    _socket: ClientConnection | None = None
    _reader: asyncio.Task[None] | None = None

    async def open(self) -> None:
        address = f"ws://{self.wire.address}{self.PATH}"
        headers = self.person.headers
        self._socket = await connect(address, additional_headers=headers, compression=None)
        self._reader = asyncio.create_task(self._hear(self._socket, self.frames))

    async def transmit(self, letter: Letter) -> None:
        if self._socket is None:
            raise Lost
        said = {"receiver": letter.to.id, "content": letter.body, "clientId": letter.client_id}
        await self._socket.send(json.dumps(said))

    async def disconnect(self) -> None:
        if self._socket is not None:
            self._socket.transport.abort()
            self._socket = None
        if self._reader is not None:
            self._reader.cancel()
            self._reader = None

    def take(self, frame: Frame) -> None:
        client_id = frame.get("clientId", "")
        if "error" in frame:
            self.refused(client_id, frame["code"])
        elif frame.get("status") == "stored":
            self.acknowledged(client_id, frame[self.ID])
        else:
            self.heard(self.decode(frame))

    def decode(self, frame: Frame) -> Heard:
        """The message that a frame delivers."""
        raise NotImplementedError

    async def _hear(self, socket: ClientConnection, frames: asyncio.Queue[Frame | None]) -> None:
        with contextlib.suppress(*self.LOSSES):
            async for payload in socket:
                frames.put_nowait(json.loads(payload))
        frames.put_nowait(None)


class Chat(PlainSocket):
    PATH = "/chat"
    ID = "message_id"

    def decode(self, frame: Frame) -> Heard:
        conversation, sender = frame["conversation_id"], self.somebody(frame["sender_id"])
        other = next(
            each
            for each in self.peers.values()
            if self.person.conversation_with(each) == conversation
        )
        receiver = other if sender is self.person else self.person
        return Heard(frame["message_id"], sender, receiver, frame["content"])


class Event(PlainSocket):
    PATH = "/websocket"
    ID = "id"

    def decode(self, frame: Frame) -> Heard:
        sender, receiver = self.somebody(frame["sender"]), self.somebody(frame["receiver"])
        return Heard(frame["id"], sender, receiver, frame["content"])
