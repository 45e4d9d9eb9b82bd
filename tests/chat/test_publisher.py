"""The publisher: replies and events leave in the order of their commits, in turns."""

import asyncio
import logging
from collections.abc import Sequence

import pytest

from backchannel.brokers.in_process import InProcessBus
from backchannel.chat import publisher
from backchannel.chat.publisher import Publisher
from backchannel.domain.events import Event, EventKind, EventPayload, ProfileChange


def _event(position: int) -> Event:
    return Event("ada", position, EventPayload(EventKind.PROFILE, ProfileChange("bob")))


def _observed(seen: list[str]) -> Publisher:
    bus = InProcessBus()

    def listen(events: Sequence[Event]) -> None:
        seen.extend(f"event {each.position}" for each in events)

    bus.listen(listen)
    return Publisher(bus)


async def test_R4_events_of_a_later_commit_wait_for_all_replies_of_an_earlier_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publisher, "TURN", 2)
    seen: list[str] = []
    published = _observed(seen)
    replies = [(seen.append, f"reply {n}", [_event(n)]) for n in range(1, 5)]
    running = asyncio.create_task(published.publish_replies(replies))
    await asyncio.sleep(0)
    assert seen == ["reply 1", "event 1", "reply 2", "event 2"]
    published.publish([_event(5)])
    await running
    published.publish([_event(6)])
    expected = [f"{kind} {n}" for n in range(1, 5) for kind in ("reply", "event")]
    assert seen == [*expected, "event 5", "event 6"]


async def test_R14_a_turn_of_replies_leaves_the_event_loop_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publisher, "TURN", 2)
    seen: list[str] = []
    replies = [(seen.append, f"reply {n}", ()) for n in range(4)]
    asyncio.get_running_loop().call_soon(seen.append, "another")
    await _observed(seen).publish_replies(replies)
    assert seen == ["reply 0", "reply 1", "another", "reply 2", "reply 3"]


async def test_a_reply_that_fails_is_logged_and_the_others_go_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen: list[str] = []

    def fail(_: str) -> None:
        raise RuntimeError("a fault")

    with caplog.at_level(logging.ERROR):
        await _observed(seen).publish_replies(
            [(fail, "reply 1", [_event(1)]), (seen.append, "reply 2", [_event(2)])]
        )
    assert seen == ["reply 2", "event 2"]
    assert "a reply failed" in caplog.text


async def test_R4_events_published_by_a_reply_follow_the_events_of_its_message() -> None:
    seen: list[str] = []
    published = _observed(seen)

    def reply(text: str) -> None:
        seen.append(text)
        published.publish([_event(2)])

    await published.publish_replies([(reply, "reply 1", [_event(1)])])
    assert seen == ["reply 1", "event 1", "event 2"]
