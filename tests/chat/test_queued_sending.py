"""The consumer of the queue: what happens to an entry that cannot be stored."""

import asyncio
from typing import Any

import pytest

from backchannel.brokers.in_process import InProcessBus
from backchannel.chat import queued_sending
from backchannel.chat.group_commit import Reply
from backchannel.chat.messages import draft
from backchannel.chat.queued_sending import (
    VERSION,
    Accepted,
    QueuedSending,
    QueueEntry,
    _decode,
    _encode,
)
from backchannel.domain.errors import ChatError, Damaged, Invalid
from backchannel.domain.events import Event, EventKind, EventPayload
from backchannel.domain.ids import new_id
from backchannel.domain.messages import Draft, Message
from backchannel.domain.signals import Rejected, Signal
from backchannel.ports.queue import SetAside
from backchannel.telemetry.logs import ENTRIES

ENTRY = _encode(QueueEntry(VERSION, draft(new_id(), new_id(), "hello", client_id="key")))


class Refusing:
    """Refuses every message, in place of the group commit."""

    def __init__(self, refusal: ChatError) -> None:
        self._refusal = refusal

    def submit(self, _: Draft, reply: Reply) -> None:
        reply(self._refusal)


def consumer(refusal: ChatError) -> tuple[QueuedSending, list[Signal]]:
    """A consumer, and the signals that it sends."""
    queue: Any = None
    sending: Any = Refusing(refusal)
    bus, signals = InProcessBus(), list[Signal]()
    bus.listen_signals(signals.append)
    return QueuedSending(queue, sending, bus), signals


async def test_R18_an_entry_that_fails_because_of_damage_is_set_aside_and_not_rejected() -> None:
    queued, signals = consumer(Damaged("what is stored here is damaged"))
    with pytest.raises(SetAside, match="damaged"):
        await queued._handle(ENTRY)
    assert signals == []


async def test_a_refused_message_is_rejected_and_leaves_the_queue() -> None:
    queued, signals = consumer(Invalid("no"))
    await queued._handle(ENTRY)
    (content,) = [each.content for each in signals]
    assert isinstance(content, Rejected)
    assert (content.client_id, content.code) == ("key", "invalid")


async def test_a_flood_of_rejected_messages_does_not_flood_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    queued, signals = consumer(Invalid("no"))
    for _ in range(3 * ENTRIES):
        await queued._handle(ENTRY)
    assert len(signals) == 3 * ENTRIES
    assert len(caplog.records) <= ENTRIES


class ElsewhereHandled:
    """A queue whose entries another node stores, after some seconds."""

    def __init__(self) -> None:
        self.delay = 0.0
        self.queued: QueuedSending

    async def put(self, key: str, entry: bytes, *, user_id: str) -> None:
        content = _decode(entry).draft
        message = Message(
            key, 1, new_id(), user_id, content.recipient_id, content.client_id, "text", "hello", 1
        )
        event = Event(user_id, 1, EventPayload(EventKind.MESSAGE, message))
        asyncio.get_running_loop().call_later(self.delay, self.queued._events_published, [event])


async def test_requests_wait_again_some_time_after_an_outcome_was_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queued_sending, "OUTCOME_SECONDS", 0.3)
    monkeypatch.setattr(queued_sending, "LATE_SECONDS", 0.3)
    queue: Any = ElsewhereHandled()
    sending: Any = None
    queued = queue.queued = QueuedSending(queue, sending, InProcessBus())

    async def is_accepted() -> bool:
        message = draft(new_id(), new_id(), "hello", client_id=new_id())
        return isinstance(await queued.send(message), Accepted)

    queue.delay = 0.6
    assert await is_accepted(), "it was late"
    queue.delay = 0.05
    assert await is_accepted(), "no request waits"
    await asyncio.sleep(0.3)
    assert not await is_accepted()
