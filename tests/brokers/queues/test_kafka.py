"""The queue on Kafka beyond the contract: topics, permissions, deletion, and what is committed."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from backchannel.brokers.drivers import CannotConnect, driver
from backchannel.brokers.kafka.clients import KafkaClients
from backchannel.brokers.kafka.topics import make_topic
from backchannel.brokers.queues.kafka import consumers
from backchannel.brokers.queues.kafka.channel import KafkaQueueChannel
from backchannel.brokers.queues.kafka.topics import KEPT, setting_to_change
from backchannel.brokers.queues.opening import open_queue
from backchannel.brokers.queues.shared import PARTITIONS, SharedQueue, partition_of
from backchannel.ports.queue import SetAside
from tests.brokers.queues.consumers import FAR, collector, consuming, is_confirmed, until
from tests.support.kafka import Kafka
from tests.support.kafka_producer_ids import ask_with_version_3

SOUND = {**KEPT, "min.insync.replicas": "2"}
FORBIDDEN = 29
INVALID = 38


@asynccontextmanager
async def opened(kafka: Kafka) -> AsyncGenerator[tuple[SharedQueue, KafkaQueueChannel]]:
    queue = await open_queue(kafka.url, key=b"secret", production=True)
    channel = queue._channel
    assert isinstance(channel, KafkaQueueChannel)
    try:
        yield queue, channel
    finally:
        await queue.close()


def _topic_partition(channel: KafkaQueueChannel) -> Any:
    """The partition of the key `a`."""
    return channel._clients.kafka.TopicPartition(channel._topics.messages, partition_of("a"))


@pytest.mark.service
@pytest.mark.parametrize("idempotent", [True, False])
async def test_R1_the_producer_is_idempotent_if_the_broker_gives_it_an_id(
    kafka: Kafka, monkeypatch: pytest.MonkeyPatch, *, idempotent: bool
) -> None:
    if idempotent:
        ask_with_version_3(monkeypatch)
    async with opened(kafka) as (queue, channel):
        assert (channel._producer._txn_manager is not None) == idempotent
        for number in range(3):
            await queue.put("a", b"%d" % number, user_id="ada")
        handled: list[bytes] = []
        async with consuming(queue, collector(handled)):
            await until(lambda: handled == [b"0", b"1", b"2"])


@pytest.mark.service
async def test_R8_only_what_was_handled_is_committed(kafka: Kafka) -> None:
    async with opened(kafka) as (queue, channel):
        handled: list[bytes] = []

        async def handle(entry: bytes) -> None:
            if entry == b"2":
                await asyncio.Event().wait()
            handled.append(entry)

        async with consuming(queue, handle):
            for number in range(4):
                await queue.put("a", b"%d" % number, user_id="ada")
            await until(lambda: handled == [b"0", b"1"])
            topic_partition = _topic_partition(channel)
            async with asyncio.timeout(FAR):
                while await channel._consumers._member.committed(topic_partition) != 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)


@pytest.mark.service
async def test_R8_a_broker_that_forgot_everything_is_used_again(kafka: Kafka) -> None:
    async with opened(kafka) as (queue, _):
        handled: list[bytes] = []
        async with consuming(queue, collector(handled)):
            await queue.put("a", b"0", user_id="ada")
            await until(lambda: handled == [b"0"])
            await asyncio.to_thread(kafka.kill)
            async with asyncio.timeout(FAR):
                while await is_confirmed(queue, b"lost"):  # noqa: ASYNC110 - nothing tells
                    await asyncio.sleep(0.05)
            await asyncio.to_thread(kafka.start)
            async with asyncio.timeout(FAR):
                while not await is_confirmed(queue, b"1"):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            await until(lambda: b"1" in handled)


@pytest.mark.service
async def test_handled_entries_are_deleted_and_a_refusal_stops_nothing(
    kafka: Kafka, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """This broker cannot delete records, so only the requests are seen."""
    monkeypatch.setattr(consumers, "DELETE_SECONDS", 0.05)
    async with opened(kafka) as (queue, channel):
        refused = driver("aiokafka.errors", extra="kafka").TopicAuthorizationFailedError
        before: list[int] = []

        async def refuse(offsets: Any) -> None:
            before.append(offsets[_topic_partition(channel)])
            raise refused

        monkeypatch.setattr(channel._consumers, "_delete", refuse)
        handled: list[bytes] = []
        async with consuming(queue, collector(handled)):
            for number in range(1, 3):
                await queue.put("a", b"entry", user_id="ada")
                await until(lambda: number in before)  # noqa: B023 - awaited at once
    (warning,) = [each for each in caplog.messages if "keeps entries that were handled" in each]
    assert warning.endswith("TopicAuthorizationFailedError")


@pytest.mark.service
async def test_an_entry_that_is_set_aside_twice_is_listed_once(kafka: Kafka) -> None:
    async with opened(kafka) as (queue, channel):
        record = SimpleNamespace(value=b"entry", partition=1, offset=2, timestamp=3)

        async def refuse(_: bytes) -> None:
            raise SetAside("it cannot be read")

        for _ in range(2):
            await channel._finish(refuse, record)
        assert len(await queue.list_set_aside(10)) == 1


@pytest.mark.service
async def test_a_topic_with_too_few_partitions_is_refused(kafka: Kafka) -> None:
    async with opened(kafka) as (_, channel):
        topic = channel._topics.messages
    clients = KafkaClients(kafka.url)
    clients.open()
    async with clients.admin() as admin:
        await admin.delete_topics([topic])
        await make_topic(admin, topic, PARTITIONS - 1, 1, {})
    with pytest.raises(CannotConnect, match=f"has 15 partitions; it needs {PARTITIONS}"):
        await open_queue(kafka.url, key=b"secret")


class Admin:
    """A cluster without topics that answers each creation with an error."""

    def __init__(self, error: int) -> None:
        self._error = error

    async def list_topics(self) -> list[str]:
        return []

    async def create_topics(self, topics: list[Any]) -> Any:
        return SimpleNamespace(topic_errors=[(topics[0].name, self._error, "not here")])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FORBIDDEN, "may not create the topic queue: allow it to create and describe the topic, "),
        (INVALID, "the topic queue cannot be created: InvalidReplicationFactorError: not here"),
    ],
)
async def test_a_topic_that_cannot_be_created_is_reported_with_the_remedy(
    error: int, said: str
) -> None:
    pytest.importorskip("aiokafka", reason="the extra `kafka` is not installed")
    with pytest.raises(CannotConnect, match=said):
        await make_topic(Admin(error), "queue", PARTITIONS, 3, {})


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("min.insync.replicas", "1", "min.insync.replicas=2"),
        ("unclean.leader.election.enable", "true", "unclean.leader.election.enable=false"),
        ("retention.ms", "3600000", "retention.ms=-1"),
        ("retention.bytes", "1000000", "retention.bytes=-1"),
    ],
)
def test_R1_a_setting_with_which_entries_may_be_lost_is_named(
    name: str, value: str, remedy: str
) -> None:
    assert setting_to_change(SOUND, 3) is None
    assert setting_to_change({**SOUND, name: value}, 3) == remedy
