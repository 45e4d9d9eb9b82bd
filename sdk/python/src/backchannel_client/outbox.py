"""Outgoing messages: stored durably before they are sent, until the server has them."""

import asyncio
import contextlib
import hashlib
import os
from pathlib import Path
from typing import Protocol

import msgspec

from backchannel_client.frames import Ack, Send
from backchannel_client.wire import FileInfo, LogEvent, Message


class Failure(msgspec.Struct, frozen=True):
    """The server's reason for refusing a message."""

    code: str
    detail: str


class Outgoing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message that the server has not acknowledged yet.

    Sent again with the same `client_id`, a message is stored once. `to` is the other member's id;
    `conversation_id` is set for a session, which has no other member. `created_at` is in
    milliseconds since 1970, by this device's clock, and orders what waits. `failed` is None while
    it waits.
    """

    client_id: str
    to: str
    conversation_id: str | None = None
    body: str
    reply_to: int | None = None
    files: list[FileInfo] = []
    created_at: int = 0
    failed: Failure | None = None


class OutboxStore(Protocol):
    """The store of outgoing messages. `put` and `remove` return once that is durable."""

    async def all(self) -> list[Outgoing]: ...

    async def put(self, item: Outgoing) -> None: ...

    async def remove(self, client_id: str) -> None: ...


class MemoryOutbox:
    """Loses everything with the process; for tests and short-lived clients."""

    def __init__(self) -> None:
        self._items: dict[str, Outgoing] = {}

    async def all(self) -> list[Outgoing]:
        return sorted(self._items.values(), key=_age)

    async def put(self, item: Outgoing) -> None:
        self._items[item.client_id] = item

    async def remove(self, client_id: str) -> None:
        self._items.pop(client_id, None)


class FileOutbox:
    """A folder with one file for each message, readable by its owner only.

    Several programs may share the folder: a message that two of them send is stored once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged: list[Path] = []
        """Files that `all` could not read."""

    async def all(self) -> list[Outgoing]:
        return await asyncio.to_thread(self._read)

    async def put(self, item: Outgoing) -> None:
        """Store a message. Raises `OSError`."""
        await asyncio.to_thread(self._write, item)

    async def remove(self, client_id: str) -> None:
        # If this is lost, the message is sent again, which the server does not store again.
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._path(client_id).unlink)

    def _read(self) -> list[Outgoing]:
        found: list[Outgoing] = []
        self.damaged = []
        for path in self.folder.glob("*.json"):
            try:
                found.append(msgspec.json.decode(path.read_bytes(), type=Outgoing))
            except (OSError, msgspec.DecodeError):
                self.damaged.append(path)
        return sorted(found, key=_age)

    def _write(self, item: Outgoing) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(item.client_id)
        draft = path.with_suffix(".part")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(item))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync_folder(self.folder)

    def _path(self, client_id: str) -> Path:
        # A key may have any characters, so the path contains its digest.
        return self.folder / f"{hashlib.sha256(client_id.encode()).hexdigest()[:32]}.json"


def frame_of(item: Outgoing) -> Send:
    """The frame that sends a message."""
    direct = item.conversation_id is None
    return Send(
        client_id=item.client_id,
        body=item.body,
        to=item.to if direct else None,
        conversation_id=item.conversation_id,
        reply_to=item.reply_to,
        files=[file.id for file in item.files],
    )


def entry_of(item: Outgoing, ack: Ack, user_id: str) -> LogEvent:
    """The log's entry of a message of this user that the server has acknowledged."""
    message = Message(
        conversation_id=ack.conversation_id,
        seq=ack.seq,
        id=ack.id,
        sender_id=user_id,
        recipient_id=item.to,
        client_id=item.client_id,
        body=item.body,
        reply_to=item.reply_to,
        created_at=ack.created_at,
        files=item.files,
    )
    return LogEvent(
        kind="message",
        position=ack.position or 0,
        previous=ack.previous or 0,
        data=msgspec.Raw(msgspec.json.encode(message)),
    )


def ack_of(message: Message, client_id: str) -> Ack:
    """The server's answer to a message that it has already."""
    return Ack(
        client_id=client_id,
        id=message.id,
        conversation_id=message.conversation_id,
        seq=message.seq,
        created_at=message.created_at,
        position=None,
        previous=None,
        repeated=True,
    )


def _age(item: Outgoing) -> tuple[int, str]:
    return item.created_at, item.client_id


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system can (fsync(2))."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
