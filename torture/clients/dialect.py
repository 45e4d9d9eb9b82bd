"""A device that implements a dialect: it sends, retries, reconnects, and keeps a journal."""

import asyncio
import logging
import random
import time
from abc import abstractmethod
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

from backchannel.checker import journal
from torture.clients.device import Device, now
from torture.clients.rest import Person

ANSWER_TIMEOUT = 12.0
"""Seconds until a client gives up a connection on which it gets no answer."""
OPENING_TIMEOUT = 10.0
ENDING_TIMEOUT = 5.0
SHORTEST, LONGEST = 0.05, 1.0
"""Seconds before it reconnects: a random time that doubles up to the longest."""

log = logging.getLogger(__name__)


def is_in_doubt(refusal: dict[str, Any]) -> bool:
    """True if the database failed during a commit, so that a refused message may be stored."""
    return "may have been stored" in str(refusal)


class Lost(Exception):
    """The connection has ended, or does not respond."""


@dataclass
class OutgoingMessage:
    """An outgoing message; `doubtful` once an attempt was left without an answer."""

    client_id: str
    to: Person
    body: str
    sent_at: float | None = None
    doubtful: bool = False


class DialectDevice(Device):
    """A device with its own connections and an outbox."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._outbox: dict[str, OutgoingMessage] = {}
        self._changed = asyncio.Event()

    # --------------------------------------------------------- implemented by a dialect

    @abstractmethod
    async def connect(self) -> None:
        """Open a connection and log in. Raises `Lost` and the errors of its library."""

    @abstractmethod
    async def listen(self) -> None:
        """Handle frames until the connection is lost, then return or raise `Lost`."""

    @abstractmethod
    async def transmit(self, outgoing: OutgoingMessage) -> None:
        """Send a message; its answer comes to `answered` or `refused`."""

    @abstractmethod
    async def disconnect(self) -> None:
        """Close the connection if there is one."""

    @abstractmethod
    async def catch_up(self) -> int | None:
        """Wait until it has caught up with the server; return its position, if it has any."""

    WINDOW: ClassVar[int] = 64
    """Messages that may be on their way at once: what is cut off has to be sent again."""
    LOSSES: ClassVar[tuple[type[Exception], ...]] = (Lost, OSError, TimeoutError)
    """Raised by `connect`, `listen` and `transmit` where a connection fails."""

    # ------------------------------------------------------------------- called for users

    @property
    def unanswered(self) -> int:
        return len(self._outbox)

    def send(self, to: Person, padding: Sequence[str]) -> None:
        for each in padding:
            key = self.next_key()
            self._outbox[key] = OutgoingMessage(key, to, f"{key} {each}".rstrip())
        self._changed.set()

    async def run(self) -> None:
        pause = SHORTEST
        while True:
            try:
                async with asyncio.timeout(OPENING_TIMEOUT):
                    await self.connect()
                self.is_open = True
                pause = SHORTEST
                await _first_of(self.listen(), self._post_all(), self._watch())
            except self.LOSSES:
                pass
            except Exception:
                log.exception("%s does not understand the server", self.name)
                raise
            finally:
                self._lost()
                await self.disconnect()
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - no stampede
            pause = min(2 * pause, LONGEST)
            self.context.tally.reconnected += 1

    async def finish(self) -> None:
        asked = now()
        position = await self.catch_up()
        self.note(journal.Finish(at=now(), device=self.name, position=position, asked=asked))
        await self.fetch_all()
        self.is_finished = True

    async def fetch_all(self) -> None:
        """Record the result of a fresh fetch of every conversation."""
        for peer in self.peers.values():
            conversation, asked = self.person.conversation_with(peer), now()
            seen = await self.context.rest.messages(self.person, conversation)
            self.note(
                journal.History(
                    at=now(),
                    device=self.name,
                    conversation=conversation,
                    messages=seen,
                    complete=True,
                    asked=asked,
                )
            )

    # ------------------------------------------------------------ called by dialects

    def answered(self, client_id: str, message_id: str, seq: int | None) -> OutgoingMessage | None:
        """The server has acknowledged an outgoing message; return it, or None if that was known."""
        outgoing = self._remove(client_id)
        if outgoing is not None:
            ok = journal.Ok(at=now(), device=self.name, client_id=client_id, id=message_id, seq=seq)
            self.note(ok)
            self.context.tally.acknowledged += 1
        return outgoing

    def refused(self, client_id: str, code: str, *, in_doubt: bool = False) -> None:
        """The server has refused an outgoing message: drop it; it must not exist.

        If the refusal is in doubt, or an earlier attempt had no answer, the outcome is unknown.
        """
        outgoing = self._remove(client_id)
        if outgoing is None:
            return
        if outgoing.doubtful or in_doubt:
            self.note(journal.Unknown(at=now(), device=self.name, client_id=client_id))
        else:
            self.note(journal.Fail(at=now(), device=self.name, client_id=client_id, code=code))
        self.context.tally.refused += 1

    def delivered(self, message: journal.Deliver) -> None:
        self.note(message)
        self.context.tally.delivered += 1

    # ------------------------------------------------------------------------ the outbox

    def _remove(self, client_id: str) -> OutgoingMessage | None:
        """Remove an answered message, which makes room for the next ones."""
        self._changed.set()
        return self._outbox.pop(client_id, None)

    async def _post_all(self) -> None:
        """Send the messages not yet sent on this connection, in the order of `send`."""
        while True:
            self._changed.clear()
            for outgoing in list(islice(self._outbox.values(), self.WINDOW)):
                if outgoing.sent_at is None:
                    await self._post(outgoing)
            await self._changed.wait()

    async def _post(self, outgoing: OutgoingMessage) -> None:
        outgoing.sent_at = time.monotonic()
        self.note(
            journal.Invoke(
                at=now(),
                device=self.name,
                user=self.person.id,
                client_id=outgoing.client_id,
                conversation=self.person.conversation_with(outgoing.to),
                body=outgoing.body,
                to=outgoing.to.id,
            )
        )
        self.context.tally.sent += not outgoing.doubtful
        await self.transmit(outgoing)

    async def _watch(self) -> None:
        """Raise `Lost` when an answer is overdue."""
        while True:
            await asyncio.sleep(1)
            since = [each.sent_at for each in self._outbox.values() if each.sent_at is not None]
            if since and time.monotonic() - min(since) > ANSWER_TIMEOUT:
                raise Lost("no answer")

    def _lost(self) -> None:
        self.is_open = False
        for outgoing in self._outbox.values():
            if outgoing.sent_at is not None:
                outgoing.sent_at, outgoing.doubtful = None, True
                unknown = journal.Unknown(at=now(), device=self.name, client_id=outgoing.client_id)
                self.note(unknown)
                self.context.tally.unknown += 1


async def _first_of(*works: Coroutine[Any, Any, None]) -> None:
    """Run them until the first one ends; raises its error."""
    tasks = [asyncio.create_task(each) for each in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        # A client library may ignore cancellation.
        ended, _ = await asyncio.wait(tasks, timeout=ENDING_TIMEOUT)
        for task in ended:
            if not task.cancelled():
                task.exception()  # only the error of the first one matters
