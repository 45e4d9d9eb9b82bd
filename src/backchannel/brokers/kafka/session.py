"""The driver's producer and consumer on the topic of the bus."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Any

from backchannel.brokers.kafka.clients import REQUEST_MILLISECONDS, KafkaClients
from backchannel.brokers.kafka.routes import LIFE_SECONDS
from backchannel.brokers.kafka.topics import make_topic, replicas

CONTROL = 0
"""The partition that every node reads."""
PARTITIONS = 64
"""Partitions of a new topic; further nodes share one, and ignore records for others."""
KEPT_MILLISECONDS = 600_000
"""The time after which the broker may delete records: only the last seconds matter."""
WAIT_MILLISECONDS = 100
"""The longest time that a request for records waits at the broker for the first of them."""
CLOCK_SKEW_SECONDS = 15.0
"""The most that the clocks of nodes may differ."""
BATCH_BYTES = 1 << 16
LARGEST_FETCH = 2 << 20


class KafkaSession:
    """A producer, and a consumer without a group."""

    def __init__(self, url: str, topic: str) -> None:
        """`topic` is made if it is not there. Raises `CannotConnect`."""
        self._clients = KafkaClients(url)
        self._topic = topic
        self._producer: Any = None
        self._consumer: Any = None
        self.partitions = PARTITIONS

    async def open(self) -> None:
        self._clients.open()
        async with self._clients.admin() as admin:
            kept = {"retention.ms": str(KEPT_MILLISECONDS)}
            await make_topic(admin, self._topic, PARTITIONS, await replicas(admin), kept)
        self._producer = await self._clients.producer(acks=1, max_batch_size=BATCH_BYTES)
        self._consumer = await self._clients.consumer(
            auto_offset_reset="none",
            fetch_max_wait_ms=WAIT_MILLISECONDS,
            max_partition_fetch_bytes=LARGEST_FETCH,
        )
        self.partitions = len(await self._producer.partitions_for(self._topic))

    async def backlog(self) -> Sequence[bytes | None]:
        """The latest records of the control partition, which is read from now on."""
        topic_partition = self._topic_partition(CONTROL)
        self._consumer.assign([topic_partition])
        end = (await self._consumer.end_offsets([topic_partition]))[topic_partition]
        lately = int((time.time() - LIFE_SECONDS - CLOCK_SKEW_SECONDS) * 1000)
        first = (await self._consumer.offsets_for_times({topic_partition: lately}))[topic_partition]
        self._consumer.seek(topic_partition, first.offset if first else end)
        records: list[bytes | None] = []
        while await self._consumer.position(topic_partition) < end:
            records += await self.next()
        return records

    async def read(self, partition: int) -> None:
        """Read another partition, too, from its end."""
        control, own = self._topic_partition(CONTROL), self._topic_partition(partition)
        position = await self._consumer.position(control)
        self._consumer.assign([control, own])
        self._consumer.seek(control, position)
        self._consumer.seek(own, (await self._consumer.end_offsets([own]))[own])

    async def next(self) -> Sequence[bytes | None]:
        """The values that have arrived, in order for each partition; none after a short wait."""
        batches = await self._consumer.getmany(timeout_ms=REQUEST_MILLISECONDS)
        return [record.value for records in batches.values() for record in records]

    async def write(self, records: Iterable[tuple[int, bytes]]) -> None:
        """Write to partitions, in this order; the broker has all once this returns."""
        confirmed = [
            await self._producer.send(self._topic, value, partition=partition)
            for partition, value in records
        ]
        await asyncio.gather(*confirmed)

    async def check(self) -> None:
        """Raise `ConnectionError` if no broker answers."""
        await self._clients.check(self._producer)

    async def close(self) -> None:
        """Disconnect. Call `abort` as well: the broker may be gone."""
        await self._clients.close()

    def abort(self) -> None:
        """Close all sockets at once."""
        self._clients.abort()

    def _topic_partition(self, partition: int) -> Any:
        return self._clients.kafka.TopicPartition(self._topic, partition)
