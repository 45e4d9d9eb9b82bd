"""The consumer of the queue: what happens to an entry that cannot be stored."""

from typing import Any

import pytest

from backchannel.brokers.in_process import InProcessBus
from backchannel.chat.group_commit import Reply
from backchannel.chat.messages import draft
from backchannel.chat.queued_sending import VERSION, QueuedSending, QueueEntry, _encode
from backchannel.domain.errors import ChatError, Damaged, Invalid
from backchannel.domain.ids import new_id
from backchannel.domain.messages import Draft
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
