"""The native WebSocket, as docs/protocol.md asks for: a position is kept, gaps are repaired."""

import asyncio
import contextlib
import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from backchannel.checker import journal
from torture.clients.device import Device, Letter, Lost, now

PONG_PATIENCE = 2.0
ACK_EVERY = 100
READ_EVERY = 5

Frame = dict[str, Any]


class Native(Device):
    """Holds its log up to `position`, across its connections."""

    LOSSES = (*Device.LOSSES, WebSocketException)
    epoch: str | None = None
    position: int | None = None
    _socket: ClientConnection | None = None
    _pong: asyncio.Future[int] | None = None
    _syncing: bool = False
    _heard: int = 0

    async def connect(self) -> None:
        self._syncing = False
        self._socket = await connect(f"ws://{self.wire.address}/v1/ws", compression=None)
        hello: Frame = {"type": "hello", "token": self.person.token}
        if self.position is not None:
            hello |= {"epoch": self.epoch, "position": self.position}
        await self._tell(hello)
        welcome = json.loads(await self._socket.recv())
        if welcome["type"] != "welcome":
            raise Lost(welcome.get("code", ""))
        self.note(
            journal.Resume(
                at=now(),
                device=self.name,
                user=self.person.id,
                epoch=self.epoch,
                position=self.position,
            )
        )
        self.epoch = welcome["epoch"]
        if self.position is None:
            self._start_at(welcome["position"], "fresh")

    async def listen(self) -> None:
        socket = self._socket
        if socket is None:
            raise Lost
        async for payload in socket:
            await self._take(json.loads(payload))

    async def transmit(self, letter: Letter) -> None:
        frame = {"type": "send", "to": letter.to.id, "body": letter.body}
        await self._tell({**frame, "client_id": letter.client_id})

    async def disconnect(self) -> None:
        if self._socket is not None:
            self._socket.transport.abort()
            self._socket = None

    async def catch_up(self) -> int | None:
        """Ask where the log ends until that is where this device is."""
        while True:
            self._pong = asyncio.get_running_loop().create_future()
            with contextlib.suppress(*self.LOSSES):
                await self._tell({"type": "ack", "position": self.position})
                await self._tell({"type": "ping"})
                async with asyncio.timeout(PONG_PATIENCE):
                    if await self._pong == self.position:
                        return self.position
            await asyncio.sleep(0.1)

    async def _tell(self, frame: Frame) -> None:
        if self._socket is None:
            raise Lost
        await self._socket.send(json.dumps(frame))

    async def _sync(self) -> None:
        """Ask for what is missing, once until it comes."""
        if not self._syncing:
            self._syncing = True
            await self._tell({"type": "sync", "position": self.position, "epoch": self.epoch})

    async def _take(self, frame: Frame) -> None:
        match frame["type"]:
            case "event":
                await self._apply(frame, "live")
            case "sync":
                self._syncing = frame["more"]
                for event in frame["events"]:
                    await self._apply(event, "sync")
            case "ack":
                await self._acknowledged(frame)
            case "error" if frame.get("client_id"):
                self.refused(frame["client_id"], frame["code"])
            case "lagging":
                await self._sync()
            case "reset":
                await self._reset(frame)
            case "heartbeat" if frame["position"] > (self.position or 0):
                await self._sync()
            case "pong" if self._pong is not None and not self._pong.done():
                self._pong.set_result(frame["position"])

    async def _acknowledged(self, ack: Frame) -> None:
        letter = self.answered(ack["client_id"], ack["id"], ack["seq"])
        if letter is None or ack["position"] is None:
            return  # a repetition: its event came before, or comes with the log
        message = {
            **ack,
            "sender_id": self.person.id,
            "body": letter.body,
        }
        event = {"position": ack["position"], "previous": ack["previous"], "kind": "message"}
        await self._apply({**event, "data": message}, "reply")

    async def _apply(self, event: Frame, source: journal.Source) -> None:
        position = self.position or 0
        if event["position"] <= position:
            return
        if event["previous"] != position:
            await self._sync()
            return
        data = event["data"]
        if event["kind"] == "message":
            self._deliver(data, event["position"], source)
        elif event["kind"] == "receipt":
            self._receipt(data, event["position"])
        self.position = event["position"]
        if self.position % ACK_EVERY == 0:
            await self._tell({"type": "ack", "position": self.position})
        if event["kind"] == "message" and data["sender_id"] != self.person.id:
            await self._read(data)

    def _deliver(self, data: Frame, position: int, source: journal.Source) -> None:
        self.delivered(
            journal.Deliver(
                at=now(),
                device=self.name,
                conversation=data["conversation_id"],
                id=data["id"],
                sender=data["sender_id"],
                body=data["body"],
                source=source,
                seq=data["seq"],
                client_id=data.get("client_id"),
                position=position,
            )
        )

    def _receipt(self, data: Frame, position: int) -> None:
        marks: tuple[tuple[journal.Mark, int], ...] = (
            ("delivered", data["delivered_seq"]),
            ("read", data["read_seq"]),
        )
        for mark, seq in marks:
            self.note(
                journal.Receipt(
                    at=now(),
                    device=self.name,
                    conversation=data["conversation_id"],
                    reader=data["user_id"],
                    mark=mark,
                    seq=seq,
                    position=position,
                )
            )

    async def _read(self, data: Frame) -> None:
        """Mark every few messages as read, and everything up to them."""
        self._heard += 1
        if self._heard % READ_EVERY == 0:
            conversation = data["conversation_id"]
            await self._tell({"type": "read", "conversation_id": conversation, "seq": data["seq"]})

    async def _reset(self, frame: Frame) -> None:
        self.epoch = frame["epoch"]
        self._start_at(frame["position"], frame["reason"])
        await self.fetch_all()

    def _start_at(self, position: int, reason: str) -> None:
        self.position = position
        self.note(
            journal.Reset(
                at=now(), device=self.name, epoch=self.epoch, position=position, reason=reason
            )
        )
