"""The ways of speaking: how a client of each dialect sends and hears a message."""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from tests.support import socketio_talker
from tests.support.chat_server import ChatServer
from tests.support.plain_socket import Frame, Person, Talker, talking
from tests.support.socketio_talker import socketio_talking

Said = tuple[str, str]
"""Who said it (by id or username, as the dialect does), and what."""


@dataclass(frozen=True)
class Tongue:
    """One dialect, from its client's side."""

    name: str
    path: str

    def __str__(self) -> str:
        return self.name

    def sending(self, to: Person, text: str, client_id: str) -> Frame:
        """The frame with which a client says something to somebody."""
        raise NotImplementedError

    def delivered(self, frame: Frame) -> Said | None:
        """What a frame delivers; None if it is another kind of frame."""
        raise NotImplementedError

    def is_acknowledgement(self, frame: Frame) -> bool:
        return frame.get("status") == "stored"

    @contextlib.asynccontextmanager
    async def open(self, server: ChatServer, person: Person) -> AsyncGenerator[Talker]:
        """A socket of this person's."""
        async with talking(server, self.path, person) as (talker,):
            yield talker

    async def say(self, talker: Talker, to: Person, text: str) -> None:
        """Say something, and wait until it is stored."""
        frame = await talker.ask(self.sending(to, text, f"client-{text}"))
        while not self.is_acknowledgement(frame):
            frame = await talker.hear()

    async def hear(self, talker: Talker) -> Said:
        """The next message that is delivered."""
        said = None
        while said is None:
            said = self.delivered(await talker.hear())
        return said

    async def all_heard(self, talker: Talker) -> list[Said]:
        """Every message that is delivered until nothing comes any more."""
        heard = map(self.delivered, await talker.all_heard())
        return [said for said in heard if said is not None]


class _ChatSocket(Tongue):
    def sending(self, to: Person, text: str, client_id: str) -> Frame:
        return {"receiver": to.id, "content": text, "clientId": client_id}

    def delivered(self, frame: Frame) -> Said | None:
        if "error" in frame or "status" in frame:
            return None
        return frame["sender_id"], frame["content"]


class _EventSocket(Tongue):
    def sending(self, to: Person, text: str, client_id: str) -> Frame:
        return {"receiver": to.username, "content": text, "clientId": client_id}

    def delivered(self, frame: Frame) -> Said | None:
        if "error" in frame or "status" in frame:
            return None
        return frame["sender"], frame["content"]


class _Native(Tongue):
    def sending(self, to: Person, text: str, client_id: str) -> Frame:
        return {"type": "send", "to": to.id, "body": text, "client_id": client_id}

    def delivered(self, frame: Frame) -> Said | None:
        if frame["type"] != "event" or frame["kind"] != "message":
            return None
        return frame["data"]["sender_id"], frame["data"]["body"]

    def is_acknowledgement(self, frame: Frame) -> bool:
        return bool(frame["type"] == "ack")

    @contextlib.asynccontextmanager
    async def open(self, server: ChatServer, person: Person) -> AsyncGenerator[Talker]:
        async with super().open(server, person) as talker:
            assert (await talker.hear())["type"] == "welcome"
            yield talker


class _SocketIo(Tongue):
    """What the dialects of Socket.IO have in common."""

    def is_acknowledgement(self, frame: Frame) -> bool:
        return "ack" in frame and "code" not in frame["data"]

    @contextlib.asynccontextmanager
    async def open(self, server: ChatServer, person: Person) -> AsyncGenerator[Talker]:
        async with socketio_talking(server, person) as talker:
            yield talker


class _QueuedMessages(_SocketIo):
    def sending(self, to: Person, text: str, client_id: str) -> Frame:
        data = {"receiver_id": to.id, "content": text, "client_id": client_id}
        return {"event": "sendMessage", "data": data}

    def delivered(self, frame: Frame) -> Said | None:
        if frame.get("event") != "receiveMessage":
            return None
        return frame["data"]["sender_id"], frame["data"]["content"]

    async def say(self, talker: Talker, to: Person, text: str) -> None:
        """The sending socket gets its message, too: the document says to both parties."""
        await super().say(talker, to, text)
        assert (await self.hear(talker))[1] == text


class _UserRooms(_SocketIo):
    def sending(self, to: Person, text: str, client_id: str) -> Frame:
        data = {"receiver": to.id, "content": text, "clientId": client_id}
        return {"event": "chat message", "data": data}

    def delivered(self, frame: Frame) -> Said | None:
        if frame.get("event") != "chat message":
            return None
        return frame["data"]["sender"], frame["data"]["content"]


CHAT = _ChatSocket("chat_socket", "/chat")
EVENT = _EventSocket("event_socket", "/websocket")
NATIVE = _Native("native", "/v1/ws")
QUEUED = _QueuedMessages("queued_messages", socketio_talker.PATH)
ROOMS = _UserRooms("user_rooms", socketio_talker.PATH)

PLAIN = (CHAT, EVENT)
"""Those of a plain WebSocket whose clients know no positions."""
CURSORLESS = (*PLAIN, QUEUED, ROOMS)
"""All whose clients know no positions."""
ALL = (*CURSORLESS, NATIVE)
