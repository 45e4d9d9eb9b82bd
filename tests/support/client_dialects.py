"""The dialects from the client's side: sending a message, and receiving one."""

import contextlib
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection

from tests.support import socketio_client
from tests.support.chat_server import ChatServer
from tests.support.plain_socket import ClientSocket, Frame, Person, connected
from tests.support.socketio_client import socketio_connected

Said = tuple[str, str]
"""The sender (by id or username, as the dialect does), and the text."""


@dataclass(frozen=True)
class ClientDialect:
    """One dialect, from its client's side."""

    name: str
    path: str

    def __str__(self) -> str:
        return self.name

    def sending(self, to: Person, text: str, client_id: str) -> Frame:
        """The frame with which a client sends a message to a user."""
        raise NotImplementedError

    def delivered(self, frame: Frame) -> Said | None:
        """The message that a frame delivers; None if it is another kind of frame."""
        raise NotImplementedError

    def is_acknowledgement(self, frame: Frame) -> bool:
        return frame.get("status") == "stored"

    @contextlib.asynccontextmanager
    async def open(self, server: ChatServer, person: Person) -> AsyncGenerator[ClientSocket]:
        """Open a socket of this person."""
        async with connected(server, self.path, person) as (client,):
            yield client

    async def send(self, client: ClientSocket, to: Person, text: str) -> None:
        """Send a message, and wait until it is stored."""
        frame = await client.ask(self.sending(to, text, f"client-{text}"))
        while not self.is_acknowledgement(frame):
            frame = await client.receive()

    async def receive(self, client: ClientSocket) -> Said:
        """The next message that is delivered."""
        received = None
        while received is None:
            received = self.delivered(await client.receive())
        return received

    async def receive_all(self, client: ClientSocket, least: int = 0) -> list[Said]:
        """Every message that is delivered until nothing comes, after the first `least`."""
        frames = [await self.receive(client) for _ in range(least)]
        later = map(self.delivered, await client.receive_all())
        return frames + [received for received in later if received is not None]


class _ChatSocket(ClientDialect):
    def sending(self, to: Person, text: str, client_id: str) -> Frame:
        return {"receiver": to.id, "content": text, "clientId": client_id}

    def delivered(self, frame: Frame) -> Said | None:
        if "error" in frame or "status" in frame:
            return None
        return frame["sender_id"], frame["content"]


class _EventSocket(ClientDialect):
    def sending(self, to: Person, text: str, client_id: str) -> Frame:
        return {"receiver": to.username, "content": text, "clientId": client_id}

    def delivered(self, frame: Frame) -> Said | None:
        if "error" in frame or "status" in frame:
            return None
        return frame["sender"], frame["content"]


class _NativeSocket(ClientSocket):
    """Splits each page of the log: a message may be on a page and not in an event frame.

    That is so if it was sent before the server had subscribed to the events of this user. Messages
    on a page that this socket has sent and has been acknowledged are skipped.
    """

    def __init__(self, socket: ClientConnection) -> None:
        super().__init__(socket)
        self._entries: deque[Frame] = deque()
        self._sent: set[str] = set()

    async def receive(self) -> Frame:
        while not self._entries:
            frame = await super().receive()
            if frame["type"] == "ack":
                self._sent.add(frame["id"])
            if frame["type"] != "sync":
                return frame
            self._entries.extend(
                {"type": "event", **entry}
                for entry in frame["events"]
                if entry["kind"] != "message" or entry["data"]["id"] not in self._sent
            )
        return self._entries.popleft()


class _Native(ClientDialect):
    def sending(self, to: Person, text: str, client_id: str) -> Frame:
        return {"type": "send", "to": to.id, "body": text, "client_id": client_id}

    def delivered(self, frame: Frame) -> Said | None:
        if frame["type"] != "event" or frame["kind"] != "message":
            return None
        return frame["data"]["sender_id"], frame["data"]["body"]

    def is_acknowledgement(self, frame: Frame) -> bool:
        return bool(frame["type"] == "ack")

    @contextlib.asynccontextmanager
    async def open(self, server: ChatServer, person: Person) -> AsyncGenerator[ClientSocket]:
        async with super().open(server, person) as plain:
            client = _NativeSocket(plain.socket)
            assert (await client.receive())["type"] == "welcome"
            yield client


class _SocketIo(ClientDialect):
    """The common part of the dialects over Socket.IO."""

    def is_acknowledgement(self, frame: Frame) -> bool:
        return "ack" in frame and "code" not in frame["data"]

    @contextlib.asynccontextmanager
    async def open(self, server: ChatServer, person: Person) -> AsyncGenerator[ClientSocket]:
        async with socketio_connected(server, person) as client:
            yield client


class _QueuedMessages(_SocketIo):
    def sending(self, to: Person, text: str, client_id: str) -> Frame:
        data = {"receiver_id": to.id, "content": text, "client_id": client_id}
        return {"event": "sendMessage", "data": data}

    def delivered(self, frame: Frame) -> Said | None:
        if frame.get("event") != "receiveMessage":
            return None
        return frame["data"]["sender_id"], frame["data"]["content"]

    async def send(self, client: ClientSocket, to: Person, text: str) -> None:
        """The sending socket gets its message too, because the document says: to both users."""
        await super().send(client, to, text)
        assert (await self.receive(client))[1] == text


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
QUEUED = _QueuedMessages("queued_messages", socketio_client.PATH)
ROOMS = _UserRooms("user_rooms", socketio_client.PATH)

PLAIN = (CHAT, EVENT)
"""Those of a plain WebSocket whose clients know no positions."""
AUTO_ACK = (*PLAIN, QUEUED, ROOMS)
"""All whose clients know no positions."""
ALL = (*AUTO_ACK, NATIVE)
