"""Sending through the queue: a message is accepted, and a consumer stores it.

Messages are thus accepted even while the database is unavailable. A repeated entry stores nothing
twice, because its draft has an idempotency key (rule R2).
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from backchannel.chat.group_commit import Failed, GroupCommit, Outcome, settled
from backchannel.domain.errors import ChatError, Damaged, Overloaded, Throttled, Unavailable
from backchannel.domain.events import Event, EventKind
from backchannel.domain.messages import Draft, Message
from backchannel.domain.signals import Rejected, Signal
from backchannel.ports.bus import Bus
from backchannel.ports.queue import Queue, SetAside
from backchannel.ports.storage import Stored
from backchannel.telemetry import metrics
from backchannel.telemetry.logs import SparingLog

VERSION = 1
OUTCOME_SECONDS = 1.0
"""Seconds to wait for the outcome; after that the sender learns only that it is accepted."""
LATE_SECONDS = 5.0
"""Seconds for which no request waits after an outcome was late.

Then requests wait again: if another node stores the messages, this one learns of an outcome only
while a request waits for it.
"""
PAUSE_SECONDS = 0.5
"""Seconds between two attempts to store a message."""
ATTEMPTS = 3
"""Attempts to store a message that fails although the database is available."""

log = SparingLog(logging.getLogger(__name__))

Key = tuple[str, str]
"""A sender, and an idempotency key."""


class Accepted(msgspec.Struct, frozen=True):
    """The message is durable in the queue, and not yet stored."""

    client_id: str


class QueueEntry(msgspec.Struct, frozen=True, array_like=True):
    """An entry of the queue."""

    version: int
    draft: Draft


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(QueueEntry).decode


class QueuedSending:
    """Puts drafts into the queue, and stores the drafts that it takes from the queue."""

    def __init__(self, queue: Queue, sending: GroupCommit, bus: Bus) -> None:
        self._queue = queue
        self._sending = sending
        self._bus = bus
        self._waiting: defaultdict[Key, list[asyncio.Future[Outcome]]] = defaultdict(list)
        self._late_until = 0.0
        """The time, on the loop's clock, until which requests do not wait for their outcomes."""
        bus.listen(self._events_published)
        bus.listen_signals(self._signal_received)

    async def send(self, draft: Draft) -> Stored | Accepted:
        """Put a draft into the queue (rule R1); returns the outcome, if it is known soon.

        Raises `Unavailable` if the queue cannot be reached, and the errors of storage.
        """
        key = (draft.sender_id, draft.client_id)
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting[key].append(outcome)
        self._bus.follow(draft.sender_id)
        try:
            await self._bus.subscribed(draft.sender_id)
            entry = _encode(QueueEntry(VERSION, draft))
            await self._queue.put(draft.conversation_id, entry, user_id=draft.sender_id)
            metrics.QUEUE_ACCEPTED.inc()
            if asyncio.get_running_loop().time() >= self._late_until:
                await asyncio.wait([outcome], timeout=OUTCOME_SECONDS)
            return self._result(outcome, draft)
        finally:
            self._bus.unfollow(draft.sender_id)
            self._waiting[key].remove(outcome)
            if not self._waiting[key]:
                del self._waiting[key]

    async def run(self) -> None:
        """Store the drafts from the queue, until cancelled."""
        await self._queue.consume(self._handle)

    def _result(self, outcome: asyncio.Future[Outcome], draft: Draft) -> Stored | Accepted:
        if not outcome.done():
            self._note_delay()
            return Accepted(draft.client_id)
        self._late_until = 0.0
        result = outcome.result()
        if isinstance(result, ChatError):
            raise result
        return result

    def _note_delay(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._late_until:
            self._late_until = now + LATE_SECONDS

    async def _handle(self, encoded: bytes) -> None:
        """Store an entry, once the database takes it, or reject it."""
        try:
            entry = _decode(encoded)
        except msgspec.MsgspecError as error:
            raise SetAside(f"it cannot be read: {error}") from error
        if entry.version != VERSION:
            raise SetAside(f"it has version {entry.version}, and this server reads {VERSION}")
        draft = entry.draft
        try:
            self._settle((draft.sender_id, draft.client_id), await self._store(draft))
        except ChatError as refusal:
            metrics.QUEUE_REJECTED.inc()
            log.warning("an accepted message is rejected", code=refusal.code)
            rejected = Rejected(draft.client_id, refusal.code, refusal.status, refusal.text)
            self._bus.signal(Signal(draft.sender_id, rejected))

    async def _store(self, draft: Draft) -> Stored:
        failures = 0
        while True:
            try:
                return await settled(lambda reply: self._sending.submit(draft, reply))
            except Failed as failure:
                failures += 1
                if failures == ATTEMPTS:
                    raise SetAside(failure.text) from failure
            except Damaged as damage:  # not the message's fault: the operator can retry it
                raise SetAside(damage.text) from damage
            except (Unavailable, Overloaded, Throttled):
                self._note_delay()
            await asyncio.sleep(PAUSE_SECONDS)

    def _settle(self, key: Key, outcome: Outcome) -> None:
        """Give the outcome to the requests that wait at this node."""
        self._late_until = 0.0
        for waiting in self._waiting.get(key, ()):
            if not waiting.done():
                waiting.set_result(outcome)

    def _events_published(self, events: Sequence[Event]) -> None:
        """Learn from the bus which messages another node has stored."""
        if not self._waiting:
            return
        for event in events:
            message = event.payload.content
            if event.payload.kind is EventKind.MESSAGE and isinstance(message, Message):
                self._settle((message.sender_id, message.client_id), Stored(message))

    def _signal_received(self, signal: Signal) -> None:
        if isinstance(signal.content, Rejected):
            refusal = Refused(signal.content)
            self._settle((signal.user_id, signal.content.client_id), refusal)


def key_of(encoded: bytes) -> str:
    """The key of an entry in the queue: messages of a conversation keep their order."""
    try:
        return _decode(encoded).draft.conversation_id
    except msgspec.MsgspecError:  # it will be set aside again
        return ""


class Refused(ChatError):
    """A refusal that came over the bus."""

    def __init__(self, rejected: Rejected) -> None:
        super().__init__(rejected.text)
        self.code = rejected.code  # type: ignore[misc]  # of this refusal, not of its class
        self.status = rejected.status  # type: ignore[misc]
