"""The contract of every bus, on each real broker (rules R15, R17)."""

import asyncio

import pytest

from backchannel.brokers import link
from backchannel.domain.conversations import Receipt
from backchannel.domain.events import Event, EventKind, EventPayload, ProfileChange
from backchannel.domain.ids import new_id
from backchannel.domain.signals import Alive, Attempted, Presence, Signal, Typing
from tests.brokers.conftest import ProxiedBroker
from tests.brokers.node import ADA, BOB, QUIET, Node, message, pair, until

pytestmark = [pytest.mark.service]


def contents(events: list[Event]) -> list[tuple[str, int, EventKind, object]]:
    return [(e.user_id, e.position, e.payload.kind, e.payload.content) for e in events]


async def test_events_reach_the_nodes_that_follow_their_user_as_they_were(
    broker: ProxiedBroker,
) -> None:
    here, there = await pair(broker)
    await there.follow(ADA)
    events = [
        message("grüße 👋"),
        Event(ADA, 2, EventPayload(EventKind.RECEIPT, Receipt("chat", BOB, 3, 2))),
        Event(ADA, 3, EventPayload(EventKind.PROFILE, ProfileChange(BOB))),
        message("not for this node", user_id=BOB),
    ]
    here.bus.publish(events)
    await until(lambda: len(there.events) >= 3)
    await asyncio.sleep(QUIET)
    assert contents(there.events) == contents(events[:3])
    assert contents(here.events) == contents(events), "received at once, and only once"


async def test_events_of_one_node_arrive_in_order(broker: ProxiedBroker) -> None:
    here, there = await pair(broker)
    await there.follow(ADA)
    for position in range(1, 1_001):
        here.bus.publish([message("m", position)])
    await until(lambda: len(there.events) >= 1_000)
    assert [each.position for each in there.events] == list(range(1, 1_001))
    assert there.losses == []


async def test_R5_events_published_after_the_subscription_arrive(broker: ProxiedBroker) -> None:
    here, there = await pair(broker)
    for number in range(20):
        user_id = f"{ADA[:-2]}{number:02}"
        await there.follow(user_id)
        here.bus.publish([message("m", 1, user_id)])
        await until(lambda: len(there.events) == number + 1)  # noqa: B023 - awaited at once


async def test_R15_a_late_subscription_is_reported_as_a_loss(
    broker: ProxiedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "SUBSCRIBED_SECONDS", 0.05)
    here, there = await pair(broker)
    broker.proxy.hold()
    await there.follow(ADA)
    assert there.losses == []
    broker.proxy.release()
    await until(lambda: ADA in there.losses)
    here.bus.publish([message("m")])
    await until(lambda: len(there.events) == 1)


async def test_R17_a_user_who_leaves_and_comes_back_at_once_gets_everything_once(
    broker: ProxiedBroker,
) -> None:
    here, there = await pair(broker)
    typing = Signal(ADA, Typing("chat", BOB, active=True))
    for number in range(1, 21):
        await there.follow(ADA)
        there.bus.unfollow(ADA)
        if number % 2:
            await asyncio.sleep(0)
        await there.follow(ADA)
        here.bus.signal(typing)
        await until(lambda: len(there.signals) == number)  # noqa: B023 - awaited at once
        there.bus.unfollow(ADA)
    await asyncio.sleep(QUIET)
    assert len(there.signals) == 20


async def test_a_large_payload_stays_out_and_its_user_is_named(broker: ProxiedBroker) -> None:
    here, there = await pair(broker)
    await there.follow(ADA)
    here.bus.publish([message("x" * 65_000)])
    await until(lambda: there.losses == [ADA])
    here.bus.publish([message("y" * 4_000, 2)])
    await until(lambda: len(there.events) == 1)


async def test_no_event_arrives_after_the_last_unfollow(broker: ProxiedBroker) -> None:
    here, there = await pair(broker)
    await there.follow(ADA)
    await there.follow(ADA)
    there.bus.unfollow(ADA)
    here.bus.publish([message("one")])
    await until(lambda: len(there.events) == 1)
    there.bus.unfollow(ADA)
    await asyncio.sleep(QUIET)
    here.bus.publish([message("two", 2)])
    await asyncio.sleep(QUIET)
    assert len(there.events) == 1
    await there.follow(ADA)
    here.bus.publish([message("three", 3)])
    await until(lambda: len(there.events) == 2)


async def test_signals_reach_only_nodes_that_follow_the_user(broker: ProxiedBroker) -> None:
    here, there = await pair(broker)
    typing = Signal(ADA, Typing("chat", BOB, active=True))
    online = Signal(ADA, Presence(ADA, online=True))
    there.bus.watch(ADA)
    await there.bus.subscribed(ADA)
    here.bus.signal(typing)
    here.bus.signal(online)
    await until(lambda: there.signals == [online])
    await there.follow(ADA)
    here.bus.signal(typing)
    await until(lambda: there.signals == [online, typing])


async def test_S1_notices_and_ended_logins_reach_every_node(broker: ProxiedBroker) -> None:
    here, there = await pair(broker)
    here.bus.publish_ended(["login 1", "login 2"])
    here.bus.notify(Alive())
    await until(lambda: there.notices == [(Alive(), here.bus.node_id)])
    assert there.ended == ["login 1", "login 2"]
    assert here.notices == []


async def test_S1_the_end_of_2_000_logins_is_announced_at_once(broker: ProxiedBroker) -> None:
    here, there = await pair(broker)
    ended = [new_id() for _ in range(2_000)]
    here.bus.publish_ended(ended)
    await until(lambda: len(there.ended) == len(ended))
    assert (set(there.ended), there.losses) == (set(ended), [])


async def test_R13_a_notice_too_large_for_the_broker_does_not_block_later_ones(
    broker: ProxiedBroker,
) -> None:
    here, there = await pair(broker)
    here.bus.notify(Attempted(("x" * (1 << 20),)))
    here.bus.notify(Alive())
    await until(lambda: there.notices == [(Alive(), here.bus.node_id)])
    assert here.losses == there.losses == []


async def test_R4_packets_of_any_size_reach_one_node_in_order(broker: ProxiedBroker) -> None:
    here, there = await pair(broker)
    other = Node(await broker.join())
    packets: list[tuple[bytes, str]] = []
    there.bus.listen_packets(lambda packet, sender: packets.append((packet, sender)))
    other.bus.listen_packets(lambda packet, _: packets.append((packet, "not for this node")))
    sent = [bytes([number]) * size for number, size in enumerate((0, 10, 5_800, 20_000, 3_000_000))]
    for packet in sent:
        here.bus.send(there.bus.node_id, packet)
    await until(lambda: len(packets) == len(sent))
    assert packets == [(packet, here.bus.node_id) for packet in sent]


async def test_R17_equal_notices_are_all_delivered(broker: ProxiedBroker) -> None:
    here, there = await pair(broker)
    for _ in range(10):
        here.bus.notify(Alive())
    await until(lambda: len(there.notices) == 10)


async def test_installations_with_different_keys_receive_nothing_from_each_other(
    broker: ProxiedBroker,
) -> None:
    here, other = Node(await broker.join()), Node(await broker.stranger())
    await other.follow(ADA)
    here.bus.publish([message("one")])
    here.bus.publish_ended(["login"])
    await asyncio.sleep(QUIET)
    assert (other.events, other.ended, other.losses) == ([], [], [])


async def test_R15_a_broken_connection_is_made_again_and_the_loss_reported(
    broker: ProxiedBroker,
) -> None:
    here, there = await pair(broker)
    await there.follow(ADA)
    broker.proxy.refusing = True
    broker.proxy.cut()
    await until(lambda: not here.bus.connected and not there.bus.connected)
    here.bus.publish([message("lost")])
    await there.bus.subscribed(BOB)  # does not wait for a broker that cannot be reached
    broker.proxy.refusing = False
    await until(lambda: here.bus.connected and there.bus.connected)
    await until(lambda: None in there.losses)
    assert there.events == []
    here.bus.publish([message("found", 2)])
    await until(lambda: [each.position for each in there.events] == [2])


async def test_R13_events_beyond_the_queue_are_dropped_and_reported_as_a_loss(
    broker: ProxiedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "QUEUED", 1_000)
    here, there = await pair(broker)
    await there.follow(ADA)
    for position in range(1, 1_500):
        here.bus.publish([message("m", position)])
    await until(lambda: None in there.losses)
    assert len(there.events) <= 1_000
