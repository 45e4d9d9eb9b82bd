"""The address of a cluster, and the driver's producer and consumer on one topic."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from backchannel.brokers.drivers import CannotConnect, driver, raise_if_cancelled
from backchannel.brokers.kafka.connections import Connections
from backchannel.brokers.kafka.routes import LIFE_SECONDS

TLS = "kafka+ssl"
PORT = 9092
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")

CONTROL = 0
"""The partition that every node reads."""
PARTITIONS = 64
"""Partitions of a new topic; further nodes share one, and ignore records for others."""
REPLICAS = 3
KEPT_MILLISECONDS = 600_000
"""The time after which the broker may delete records: only the last seconds matter."""
REQUEST_MILLISECONDS = 5_000
WAIT_MILLISECONDS = 100
"""The longest time that a request for records waits at the broker for the first of them."""
CLOCK_SKEW_SECONDS = 15.0
"""The most that the clocks of nodes may differ."""
STOP_SECONDS = 0.5
BATCH_BYTES = 1 << 16
LARGEST_FETCH = 2 << 20


def kafka_options(url: str) -> dict[str, Any]:
    """The driver's options for `kafka://` or `kafka+ssl://user:password@host:port,host:port`.

    With a user, `?sasl_mechanism=` names one of `MECHANISMS`. Raises `CannotConnect`.
    """
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    secure = parts.scheme == TLS
    servers = [host if _has_port(host) else f"{host}:{PORT}" for host in hosts.split(",")]
    options: dict[str, Any] = {"bootstrap_servers": servers}
    if secure:
        options["ssl_context"] = ssl.create_default_context()
    if user:
        mechanism = parse_qs(parts.query).get("sasl_mechanism", ["PLAIN"])[-1]
        if mechanism not in MECHANISMS:
            known = ", ".join(MECHANISMS)
            raise CannotConnect(f"sasl_mechanism is one of {known}, not {mechanism[:20]!r}")
        options["sasl_mechanism"] = mechanism
        options["sasl_plain_username"] = unquote(user)
        options["sasl_plain_password"] = unquote(password)
    protocol = ("SASL_" if user else "") + ("SSL" if secure else "PLAINTEXT")
    return {**options, "security_protocol": protocol}


def _has_port(host: str) -> bool:
    # The colons within the brackets are those of an IPv6 address.
    return ":" in host.rpartition("]")[2]


class KafkaSession:
    """A producer, and a consumer without a group."""

    def __init__(self, url: str, topic: str) -> None:
        """`topic` is made if it is not there. Raises `CannotConnect`."""
        self._kafka = driver("aiokafka", extra="kafka")
        self._admin = driver("aiokafka.admin", extra="kafka")
        self._options = {**kafka_options(url), "request_timeout_ms": REQUEST_MILLISECONDS}
        self._topic = topic
        self._opened: list[Any] = []
        self._connections: Connections | None = None
        self._producer: Any = None
        self._consumer: Any = None
        self.partitions = PARTITIONS

    async def open(self) -> None:
        self._connections = Connections()
        await self._make_topic()
        self._producer = await self._started(
            self._kafka.AIOKafkaProducer(acks=1, max_batch_size=BATCH_BYTES, **self._options)
        )
        self._consumer = await self._started(
            self._kafka.AIOKafkaConsumer(
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="none",
                fetch_max_wait_ms=WAIT_MILLISECONDS,
                max_partition_fetch_bytes=LARGEST_FETCH,
                **self._options,
            )
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
        if not await self._producer.client.force_metadata_update():
            raise ConnectionError("no broker answers")

    async def close(self) -> None:
        """Disconnect. Call `abort` as well: the broker may be gone."""
        stopping = [asyncio.create_task(_stop(each)) for each in self._opened]
        self._opened.clear()
        _stopping.update(stopping)
        for each in stopping:
            each.add_done_callback(_stopping.discard)
        if stopping:
            await asyncio.wait(stopping, timeout=STOP_SECONDS)

    def abort(self) -> None:
        """Close all sockets at once; the driver's tasks notice it, and end."""
        if self._connections is not None:
            self._connections.abort()

    async def _started(self, client: Any) -> Any:
        self._opened.append(client)
        await client.start()
        return client

    async def _make_topic(self) -> None:
        client = self._admin.AIOKafkaAdminClient(**self._options)
        try:
            await client.start()
            if self._topic not in await client.list_topics():
                brokers = len((await client.describe_cluster())["brokers"])
                kept = {"retention.ms": str(KEPT_MILLISECONDS)}
                await client.create_topics(  # another node may have been faster
                    [
                        self._admin.NewTopic(
                            self._topic, PARTITIONS, min(REPLICAS, brokers), topic_configs=kept
                        )
                    ]
                )
        finally:
            await client.close()
            raise_if_cancelled()

    def _topic_partition(self, partition: int) -> Any:
        return self._kafka.TopicPartition(self._topic, partition)


_stopping: set[asyncio.Task[None]] = set()
"""References that keep tasks alive that nothing awaits."""


async def _stop(client: Any) -> None:
    with contextlib.suppress(Exception):  # the broker may be gone
        await client.stop()
