"""The interface of a virtual user's device for plans and faults."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from backchannel.checker import journal
from torture.clients.rest import Person, Rest
from torture.proxy import Wire
from torture.tally import Tally


@dataclass
class Context:
    """The parts that all devices share."""

    rest: Rest
    tally: Tally
    journals: journal.JournalWriter


class Device(ABC):
    """A device that connects through its own wire while `run` runs."""

    def __init__(self, name: str, person: Person, wire: Wire, context: Context) -> None:
        self.name = name
        self.person = person
        self.wire = wire
        self.context = context
        self.peers: dict[str, Person] = {}
        """Those it may send to or receive from, by id."""
        self.is_finished = False
        self.is_open = False
        self._count = 0

    def __str__(self) -> str:
        state = "connected" if self.is_open else "not connected"
        return f"{self.name} ({state}, {self.unanswered} messages without an answer)"

    @property
    @abstractmethod
    def unanswered(self) -> int:
        """The number of its messages without an answer."""

    @abstractmethod
    def send(self, to: Person, padding: Sequence[str]) -> None:
        """Send messages to a user, without waiting between them."""

    @abstractmethod
    async def run(self) -> None:
        """Stay connected, and reconnect whenever the connection is lost, forever."""

    @abstractmethod
    async def finish(self) -> None:
        """At the end, record that it has caught up, and a fresh fetch of everything."""

    def drop_connection(self) -> None:
        """Break the connection, so that the device must reconnect."""
        self.is_open = False
        self.wire.cut()

    def start_afresh(self) -> None:  # noqa: B027 - most have nothing to drop
        """The server was restored: drop the data that only a client without positions keeps."""

    async def settled(self) -> None:
        """Wait until it is connected and all its messages are answered."""
        while self.unanswered or not self.is_open:  # noqa: ASYNC110 - two conditions, seldom
            await asyncio.sleep(0.02)

    def note(self, record: journal.Record) -> None:
        self.context.journals.write(record)

    def next_key(self) -> str:
        """A `client_id` that no other message has."""
        self._count += 1
        return f"{self.name}#{self._count}"


def now() -> int:
    """CLOCK_MONOTONIC in nanoseconds: the time of journals."""
    return time.monotonic_ns()
