"""The contract of every queue, on each real broker (rules R1, R4, R8)."""

import asyncio

import pytest

from backchannel.brokers.queues.kafka.channel import KafkaQueueChannel
from backchannel.brokers.queues.nats import NatsQueueChannel
from backchannel.brokers.queues.rabbitmq import RabbitmqQueueChannel
from backchannel.brokers.queues.redis import RedisQueueChannel
from backchannel.brokers.queues.shared import WAITING, SharedQueue, partition_of
from backchannel.domain.errors import Unavailable
from backchannel.domain.times import iso
from backchannel.ports.queue import SetAside
from tests.brokers.queues.conftest import ProxiedBroker
from tests.brokers.queues.consumers import FAR, collector, consuming, is_confirmed, until

pytestmark = [pytest.mark.service]

FOREIGN = "it is not from a server with this `jwt_secret`"


async def test_R4_entries_of_a_key_are_handled_in_order(broker: ProxiedBroker) -> None:
    here, there = await broker.join(), await broker.join()
    handled: list[bytes] = []
    async with consuming(here, collector(handled)), consuming(there, collector(handled)):
        for number in range(30):
            await asyncio.gather(
                *(
                    here.put(key, f"{key} {number}".encode(), user_id="ada")
                    for key in ("a", "b", "c")
                )
            )
        await until(lambda: len(handled) >= 90)
    for key in ("a", "b", "c"):
        of_key = [each for each in handled if each.startswith(key.encode())]
        assert of_key == [f"{key} {number}".encode() for number in range(30)]


async def test_R1_confirmed_entries_wait_for_a_consumer(broker: ProxiedBroker) -> None:
    first = await broker.join()
    for number in range(5):
        await first.put("a", b"%d" % number, user_id="ada")
    await first.close()
    handled: list[bytes] = []
    async with consuming(await broker.join(), collector(handled)):
        await until(lambda: len(handled) == 5)
    assert handled == [b"%d" % number for number in range(5)]


async def test_R8_another_consumer_handles_unfinished_entries_in_order(
    broker: ProxiedBroker,
) -> None:
    here, there = await broker.join(), await broker.join()
    taken: list[bytes] = []

    async def never(entry: bytes) -> None:
        taken.append(entry)
        await asyncio.Event().wait()

    handled: list[bytes] = []
    async with consuming(here, never):
        for number in range(3):
            await there.put("a", b"%d" % number, user_id="ada")
        await until(lambda: bool(taken))
        async with consuming(there, collector(handled)):
            await here.close()
            await until(lambda: len(handled) >= 3)
    assert taken == [b"0"]
    assert handled == [b"0", b"1", b"2"]


async def test_an_entry_that_fails_is_handled_again_before_the_next(broker: ProxiedBroker) -> None:
    queue = await broker.join()
    attempts: list[bytes] = []

    async def fail_once(entry: bytes) -> None:
        attempts.append(entry)
        if attempts == [b"0"]:
            raise OSError("not now")

    async with consuming(queue, fail_once):
        await queue.put("a", b"0", user_id="ada")
        await queue.put("a", b"1", user_id="ada")
        await until(lambda: len(attempts) == 3)
    assert attempts == [b"0", b"0", b"1"]


async def test_R13_a_poison_entry_is_set_aside_and_stops_nothing(broker: ProxiedBroker) -> None:
    queue = await broker.join()
    handled: list[bytes] = []

    async def refuse(entry: bytes) -> None:
        if entry == b"poison":
            raise SetAside("it cannot be read")
        handled.append(entry)

    async with consuming(queue, refuse):
        for entry in (b"before", b"poison", b"after"):
            await queue.put("a", entry, user_id="ada")
        await until(lambda: len(handled) == 2)
    assert handled == [b"before", b"after"]
    for _ in range(2):  # listing does not remove it
        (aside,) = await queue.list_set_aside(10)
        assert (aside.entry, aside.reason) == (b"poison", "it cannot be read")


async def test_S19_an_entry_of_another_program_is_set_aside(broker: ProxiedBroker) -> None:
    queue = await broker.join()
    channel = queue._channel
    assert channel is not None
    handled: list[bytes] = []
    async with consuming(queue, collector(handled)):
        for forged in (b"f", b"forged", bytes(16) + b"forged"):
            await channel.put(partition_of("a"), forged)
        await queue.put("a", b"genuine", user_id="ada")
        await until(lambda: bool(handled))
    assert handled == [b"genuine"]
    found = await queue.list_set_aside(10)
    assert [each.reason for each in found] == [FOREIGN] * 3


async def test_R1_many_entries_are_confirmed_at_once(broker: ProxiedBroker) -> None:
    queue = await broker.join()
    handled: list[bytes] = []
    async with consuming(queue, collector(handled)):
        await asyncio.gather(
            *(queue.put(f"{number}", b"entry", user_id="ada") for number in range(200))
        )
        await until(lambda: len(handled) >= 200)


async def test_R1_an_unreachable_broker_confirms_nothing_and_is_used_once_it_is_back(
    broker: ProxiedBroker,
) -> None:
    queue = await broker.join()
    handled: list[bytes] = []
    async with consuming(queue, collector(handled)):
        await queue.put("a", b"0", user_id="ada")
        await until(lambda: handled == [b"0"])
        broker.proxy.refusing = True
        broker.proxy.cut()
        await _until_confirmed(queue, b"lost or not", confirmed=False)
        broker.proxy.refusing = False
        await _until_confirmed(queue, b"2", confirmed=True)
        await until(lambda: b"2" in handled)


async def _until_confirmed(queue: SharedQueue, entry: bytes, *, confirmed: bool) -> None:
    async with asyncio.timeout(FAR):
        while await is_confirmed(queue, entry) is not confirmed:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.05)


async def test_R13_entries_beyond_the_limit_of_unconfirmed_ones_are_refused(
    broker: ProxiedBroker,
) -> None:
    queue = await broker.join()
    await queue.put("a", b"first", user_id="ada")
    outcomes = await asyncio.gather(
        *(queue.put("a", b"flood", user_id="ada") for _ in range(WAITING + 10)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, Unavailable) for each in outcomes) >= 10


async def test_R13_a_flood_of_one_user_leaves_room_for_others(broker: ProxiedBroker) -> None:
    queue = await broker.join()
    broker.proxy.hold_answers()
    flood = [asyncio.create_task(queue.put("a", b"flood", user_id="ada")) for _ in range(WAITING)]
    other = asyncio.create_task(queue.put("b", b"entry", user_id="bob"))
    await until(lambda: sum(each.done() for each in flood) == WAITING // 2)
    assert not other.done(), "a refusal would have come at once"
    broker.proxy.release()
    await other
    outcomes = await asyncio.gather(*flood, return_exceptions=True)
    assert sum(isinstance(each, Unavailable) for each in outcomes) == WAITING // 2


async def test_set_aside_entries_are_retried_in_order_or_dropped(broker: ProxiedBroker) -> None:
    queue = await broker.join()
    handled: list[bytes] = []
    mended = False

    async def refuse(entry: bytes) -> None:
        if not mended:
            raise SetAside("it cannot be read")
        handled.append(entry)

    async with consuming(queue, refuse):
        entries = [b"%d" % number for number in range(5)]
        for entry in entries:
            await queue.put("a", entry, user_id="ada")
        async with asyncio.timeout(FAR):
            while len(await queue.list_set_aside(10)) < 5:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.05)
        found = await queue.list_set_aside(10)
        assert [each.entry for each in found] == entries
        ids = [each.id for each in found]
        assert await queue.drop_set_aside({ids[1]}) == 1
        assert await queue.drop_set_aside({ids[1]}) == 0
        mended = True
        assert await queue.retry_set_aside({ids[0]}, lambda _: "a") == 1
        await until(lambda: handled == [b"0"])
        assert await queue.retry_set_aside(None, lambda _: "a") == 3
        await until(lambda: handled == [b"0", b"2", b"3", b"4"])
        assert await queue.list_set_aside(10) == []


async def test_S19_set_aside_entries_of_another_program_are_listed_and_can_be_dropped(
    broker: ProxiedBroker,
) -> None:
    queue = await broker.join()
    channel = queue._channel
    match channel:
        case RedisQueueChannel():
            await channel._client.xadd(channel._aside, {"reason": b"\xff", "at": "never"})
        case NatsQueueChannel():
            await channel._stream.publish(f"{channel._prefix}aside.entry", b"")
        case KafkaQueueChannel():
            await channel._write(channel._topics.aside, 0, key=b"other", value=b"")
        case RabbitmqQueueChannel():
            await channel._publish(channel._aside, b"", {})
    (found,) = await queue.list_set_aside(10)
    assert found.entry == b""
    assert iso(found.at) < "2100"
    assert await queue.drop_set_aside({found.id}) == 1
    assert await queue.list_set_aside(10) == []


async def test_S19_a_forged_entry_stays_forged_when_it_is_retried(broker: ProxiedBroker) -> None:
    queue = await broker.join()
    channel = queue._channel
    assert channel is not None
    handled: list[bytes] = []
    async with consuming(queue, collector(handled)):
        await channel.put(partition_of("a"), bytes(16) + b"forged")
        for _ in range(2):
            async with asyncio.timeout(FAR):
                while not await queue.list_set_aside(1):  # noqa: ASYNC110 - nothing tells
                    await asyncio.sleep(0.05)
            assert await queue.retry_set_aside(None, lambda _: "a") == 1
    assert handled == []


def test_the_partition_of_a_key_never_changes() -> None:
    assert [partition_of(each) for each in ("a", "b", "c")] == [15, 5, 11]
