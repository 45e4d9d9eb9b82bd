"""The bus over Kafka beyond the contract: interest, its cost, and faults."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest

from backchannel.brokers.drivers import CannotConnect, driver
from backchannel.brokers.kafka.channel import TURN, KafkaChannel, kafka_connect
from backchannel.brokers.kafka.clients import kafka_options
from backchannel.brokers.kafka.records import Codec, Data, Heartbeat, Record, RemoteChannel, digests
from backchannel.brokers.kafka.routes import LIFE_SECONDS, Routes
from backchannel.brokers.kafka.session import KafkaSession
from backchannel.brokers.link import Link
from tests.brokers.queues.consumers import until
from tests.support.kafka import Kafka

TOPIC = "user.ada"
KEY = b"secret"
FAR = 60.0


class Member:
    """A channel, and the payloads it has received."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.channel: KafkaChannel

    async def until(self, count: int) -> None:
        async with asyncio.timeout(FAR):
            while len(self.received) < count:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)


@asynccontextmanager
async def members(kafka: Kafka, count: int) -> AsyncGenerator[list[Member]]:
    """Channels of one new topic."""
    connect = kafka_connect(kafka.url, f"backchannel:{secrets.token_hex(8)}:", KEY)
    async with AsyncExitStack() as opened:
        made = []
        for _ in range(count):
            member = Member()
            channel = await connect(lambda _, payload, to=member: to.received.append(payload))  # type: ignore[misc]
            assert isinstance(channel, KafkaChannel)
            opened.push_async_callback(channel.close)
            member.channel = channel
            made.append(member)
        yield made


async def messages(kafka: Kafka, channel: KafkaChannel) -> int:
    """The records with messages on all partitions of nodes."""
    aiokafka = driver("aiokafka", extra="kafka")
    topic, codec = channel._session._topic, Codec(KEY)
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=kafka.url.partition("//")[2])
    await consumer.start()
    try:
        places = [aiokafka.TopicPartition(topic, each) for each in range(1, 64)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        found = 0
        while any([await consumer.position(place) < ends[place] for place in places]):
            batches = await consumer.getmany(timeout_ms=100)
            records = [codec.decode(each.value) for batch in batches.values() for each in batch]
            found += sum(record is not None and isinstance(record.body, Data) for record in records)
        return found
    finally:
        await consumer.stop()


@pytest.mark.service
@pytest.mark.parametrize("nodes", [2, 8])
async def test_the_cost_of_a_message_does_not_grow_with_the_nodes(kafka: Kafka, nodes: int) -> None:
    async with members(kafka, nodes) as (sender, reader, *others):
        await reader.channel.subscribe([TOPIC])
        await sender.channel.publish([(TOPIC, b"%d" % number) for number in range(50)])
        await reader.until(50)
        assert await messages(kafka, sender.channel) == 50
        assert not any(each.received for each in others)


@pytest.mark.service
async def test_connections_that_have_ended_are_forgotten(kafka: Kafka) -> None:
    session = KafkaSession(kafka.url, "backchannel-forgotten")

    def writers() -> set[asyncio.StreamWriter]:
        connections = session._clients._connections
        assert connections is not None
        return {writer for _, writer in connections._open.values()}

    try:
        await session.open()
        ended = set[asyncio.StreamWriter]()
        for _ in range(5):
            now = writers()
            for writer in now:
                writer.transport.abort()
            ended.update(now)
            await until(lambda: ended.isdisjoint(writers()))
            while not writers():
                await session._producer.client.force_metadata_update()
        assert len(ended) >= 5, "the driver has connected again each time"
    finally:
        await session.close()
        session.abort()


@pytest.mark.service
async def test_S19_an_unsigned_record_cannot_remove_a_node(kafka: Kafka) -> None:
    async with members(kafka, 2) as (sender, reader):
        await reader.channel.subscribe([TOPIC])
        leaving = Record("", reader.channel._self, Heartbeat(leaving=True))
        for key in (b"", b"another"):
            await sender.channel._session.write([(0, Codec(key).encode(leaving))])
        await sender.channel._session.write([(0, b""), (0, b"short")])
        sender.channel._returned = 0.0
        await sender.channel._send(0, "", Heartbeat())
        async with asyncio.timeout(FAR):  # its own heartbeat comes after the records written before
            await sender.channel._until(lambda: sender.channel._returned > 0)
        await sender.channel.publish([(TOPIC, b"payload")])
        await reader.until(1)


@pytest.mark.service
async def test_R5_a_node_that_answers_late_makes_the_bus_report_a_loss(
    kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with members(kafka, 2) as (slow, reader):
        proceed = asyncio.Event()
        answer = slow.channel._answer

        async def late() -> None:
            await proceed.wait()
            await answer()

        monkeypatch.setattr(slow.channel, "_answer", late)
        async with asyncio.timeout(FAR):
            await reader.channel.subscribe([TOPIC])  # does not wait for it forever
        proceed.set()
        with pytest.raises(ConnectionError, match="late"):
            async with asyncio.timeout(FAR):
                await reader.channel.listen()


@pytest.mark.service
@pytest.mark.slow
async def test_R15_a_frozen_broker_is_noticed_and_used_again(kafka: Kafka) -> None:
    recovered = asyncio.Event()
    connect = kafka_connect(kafka.url, "backchannel:frozen:", KEY)

    def note(*, dropped: bool) -> None:
        recovered.set()

    link = Link(connect, lambda *_: None, note, lambda _: None)
    await link.open()
    try:
        kafka.freeze()
        async with asyncio.timeout(FAR):
            while link.connected:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.05)
        kafka.thaw()
        async with asyncio.timeout(FAR):
            await recovered.wait()
    finally:
        kafka.thaw()
        await link.close()


async def test_a_flood_of_records_leaves_turns_to_others() -> None:
    class Session:
        """A session with a thousand records at once, and none after them."""

        def __init__(self) -> None:
            record = Codec(KEY).encode(
                Record("", RemoteChannel("other", 1), Data(TOPIC, b"payload"))
            )
            self._records = [[record] * 1_000]

        async def next(self) -> list[bytes]:
            if not self._records:
                await asyncio.Event().wait()
            return self._records.pop()

        async def write(self, _: object) -> None:
            """Write nothing."""

    received: list[bytes] = []
    session: Any = Session()
    channel = KafkaChannel(session, Codec(KEY), lambda _, payload: received.append(payload))
    channel._topics.add(TOPIC)
    reading = asyncio.create_task(channel._read())
    seen = [0]
    while seen[-1] < 1_000:
        await asyncio.sleep(0)
        seen.append(len(received))
    reading.cancel()
    assert max(after - before for before, after in pairwise(seen)) <= TURN


def test_R5_a_node_is_sent_every_event_until_its_interests_are_known() -> None:
    routes, one, two = Routes(), RemoteChannel("one", 1), RemoteChannel("two", 2)
    routes.note(one, 0)
    routes.note(two, 0)
    routes.want(one, digests([TOPIC]), whole=True)
    assert set(routes.of(TOPIC)) == {one, two}
    assert set(routes.of("user.bob")) == {two}
    routes.want(two, digests(["user.bob"]), whole=False)
    assert set(routes.of(TOPIC)) == {one, two}, "its other interests are not known"
    routes.want(two, digests(["user.bob"]), whole=True)
    assert (routes.of(TOPIC), routes.of("user.bob")) == ((one,), (two,))
    routes.unwant(one, digests([TOPIC]))
    routes.note(two, LIFE_SECONDS)
    routes.expire(LIFE_SECONDS + 1)
    assert (routes.peers, routes.of(TOPIC)) == ({two}, ())


def test_an_address_names_brokers_and_the_way_to_log_in() -> None:
    plain = kafka_options("kafka://one.example:9093,two.example")
    assert plain["bootstrap_servers"] == ["one.example:9093", "two.example:9092"]
    assert plain["security_protocol"] == "PLAINTEXT"
    literal = kafka_options("kafka://[::1],[::1]:9093")
    assert literal["bootstrap_servers"] == ["[::1]:9092", "[::1]:9093"]
    safe = kafka_options("kafka+ssl://ada:p%40ss@one.example?sasl_mechanism=SCRAM-SHA-512")
    assert (safe["security_protocol"], safe["sasl_mechanism"]) == ("SASL_SSL", "SCRAM-SHA-512")
    assert (safe["sasl_plain_username"], safe["sasl_plain_password"]) == ("ada", "p@ss")
    with pytest.raises(CannotConnect, match="sasl_mechanism is one of PLAIN"):
        kafka_options("kafka://ada:pass@one.example?sasl_mechanism=GSSAPI")
