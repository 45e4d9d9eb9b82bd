"""The common part of clients without positions: they recognise messages by their ids.

The server counts a message as delivered once the kernel accepts it, so a broken connection may lose
messages. After each reconnect, such a client therefore fetches the messages after the last one it
has read.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backchannel.checker import journal
from torture.clients.device import now
from torture.clients.dialect import DialectDevice, Lost, OutgoingMessage
from torture.clients.rest import Person

Frame = dict[str, Any]


@dataclass(frozen=True)
class Received:
    """A message, decoded from a dialect's frame."""

    id: str
    sender: Person
    receiver: Person
    body: str
    seq: int | None = None


class AutoAckClient(DialectDevice):
    """A client whose frames wait in a queue until missed messages have been fetched."""

    _is_new = True
    """Nothing was fetched since the server's data were put back, or ever."""
    _restores = 0

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.frames: asyncio.Queue[Frame | None] = asyncio.Queue()
        """The next message; None once the connection is lost."""
        self._known: set[str] = set()
        self._pushed: set[str] = set()
        self._read: dict[str, int] = {}

    @abstractmethod
    async def open(self) -> None:
        """Open a connection that puts its frames into `frames`."""

    @abstractmethod
    def take(self, frame: Frame) -> None:
        """Call `received`, `acknowledged` or `refused` with the content of a frame."""

    def person_named(self, name: str) -> Person:
        """The device's user or another user, by id or username."""
        everybody = (self.person, *self.peers.values())
        return next(each for each in everybody if name in {each.id, each.username})

    async def connect(self) -> None:
        self.frames = asyncio.Queue()
        self._pushed.clear()
        await self.open()
        if self._is_new:
            await self._skip()
        else:
            await self._fetch_missed()

    def start_afresh(self) -> None:
        self._is_new = True
        self._restores += 1

    async def listen(self) -> None:
        frames = self.frames
        while (frame := await frames.get()) is not None:
            self.take(frame)
        raise Lost

    async def catch_up(self) -> int | None:
        """Handle waiting frames, and fetch missed messages."""
        while not self.frames.empty():  # noqa: ASYNC110 - a queue does not tell
            await asyncio.sleep(0.02)
        await self._fetch_missed()
        return None

    def acknowledged(self, client_id: str, message_id: str, seq: int | None = None) -> None:
        """The server has stored an outgoing message, which this device now has."""
        outgoing = self.answered(client_id, message_id, seq)
        if outgoing is not None:
            self._take_once(_own(self.person, outgoing, message_id, seq), "reply")

    def received(self, message: Received) -> None:
        """The server has pushed a message. Pushing another user's message twice is its fault."""
        if message.id in self._pushed and message.sender is not self.person:
            self._deliver(message, "live")
        self._pushed.add(message.id)
        self._take_once(message, "live")

    async def _skip(self) -> None:
        """Record the existing messages, none of which is new."""
        self._known.clear()
        self._read.clear()
        for peer in self.peers.values():
            for seen in await self._fetch(peer):
                self._known.add(seen.id)
                self._read[peer.id] = seen.seq or 0
        self._is_new = False
        self.note(journal.Resume(at=now(), device=self.name, user=self.person.id))

    async def _fetch(self, peer: Person) -> Sequence[journal.Seen]:
        """The messages with a user after the last one read.

        Raises `Lost` if the server was restored meanwhile: they may be from before or after.
        """
        restores = self._restores
        conversation = self.person.conversation_with(peer)
        after = self._read.get(peer.id, 0)
        messages = await self.context.rest.messages(self.person, conversation, after=after)
        if restores != self._restores:
            raise Lost
        return messages

    async def _fetch_missed(self) -> None:
        for peer in self.peers.values():
            for seen in await self._fetch(peer):
                sender, receiver = self.person, peer
                if seen.sender != self.person.id:
                    sender, receiver = receiver, sender
                self._take_once(Received(seen.id, sender, receiver, seen.body, seen.seq), "sync")
                self._read[peer.id] = seen.seq or 0

    def _take_once(self, message: Received, source: journal.Source) -> None:
        if message.id not in self._known:
            self._known.add(message.id)
            self._deliver(message, source)

    def _deliver(self, message: Received, source: journal.Source) -> None:
        self.delivered(
            journal.Deliver(
                at=now(),
                device=self.name,
                conversation=message.sender.conversation_with(message.receiver),
                id=message.id,
                sender=message.sender.id,
                body=message.body,
                source=source,
                seq=message.seq,
            )
        )


def _own(person: Person, outgoing: OutgoingMessage, message_id: str, seq: int | None) -> Received:
    return Received(message_id, person, outgoing.to, outgoing.body, seq)
