"""The dialects of a plain WebSocket: `/chat` and `/websocket`."""

import asyncio
import contextlib
import json

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from torture.clients.auto_ack import AutoAckClient, Frame, Received
from torture.clients.dialect import DialectDevice, Lost, OutgoingMessage, is_in_doubt


class PlainSocket(AutoAckClient):
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
        self._reader = asyncio.create_task(self._receive(self._socket, self.frames))

    async def transmit(self, outgoing: OutgoingMessage) -> None:
        if self._socket is None:
            raise Lost
        frame = {
            "receiver": outgoing.to.id,
            "content": outgoing.body,
            "clientId": outgoing.client_id,
        }
        await self._socket.send(json.dumps(frame))

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
            self.refused(client_id, frame["code"], in_doubt=is_in_doubt(frame))
        elif frame.get("status") == "stored":
            self.acknowledged(client_id, frame[self.ID])
        else:
            self.received(self.decode(frame))

    def decode(self, frame: Frame) -> Received:
        """The message that a frame delivers."""
        raise NotImplementedError

    async def _receive(self, socket: ClientConnection, frames: asyncio.Queue[Frame | None]) -> None:
        with contextlib.suppress(*self.LOSSES):
            async for payload in socket:
                frames.put_nowait(json.loads(payload))
        frames.put_nowait(None)


class Chat(PlainSocket):
    PATH = "/chat"
    ID = "message_id"

    def decode(self, frame: Frame) -> Received:
        conversation, sender = frame["conversation_id"], self.person_named(frame["sender_id"])
        other = next(
            each
            for each in self.peers.values()
            if self.person.conversation_with(each) == conversation
        )
        receiver = other if sender is self.person else self.person
        return Received(frame["message_id"], sender, receiver, frame["content"])


class Event(PlainSocket):
    PATH = "/websocket"
    ID = "id"

    def decode(self, frame: Frame) -> Received:
        sender, receiver = self.person_named(frame["sender"]), self.person_named(frame["receiver"])
        return Received(frame["id"], sender, receiver, frame["content"])
