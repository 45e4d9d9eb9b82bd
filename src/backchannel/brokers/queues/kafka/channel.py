"""The queue on Kafka: a topic with 16 partitions, and a group of consumers.

A second topic has the entries that were set aside. Each has a key; a record without a value says
that the entry with its key is no longer kept.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from backchannel.brokers.drivers import CannotConnect, driver
from backchannel.brokers.kafka.clients import REQUEST_MILLISECONDS, KafkaClients, aborted_on_failure
from backchannel.brokers.queues.kafka.consumers import Consumers
from backchannel.brokers.queues.kafka.topics import Topics
from backchannel.brokers.queues.set_aside import set_aside
from backchannel.brokers.queues.shared import Clear, Open
from backchannel.ports.queue import Handle, SetAside, SetAsideEntry

log = logging.getLogger(__name__)

PROBE_SECONDS = 1.0
"""Seconds between two checks that the broker is there."""
BATCH_BYTES = 1 << 18
REASON, AT = "reason", "at"


def kafka_queue(url: str, prefix: str, *, durable: bool) -> Open:
    """Channels at `kafka://` or `kafka+ssl://`; `prefix` begins the name of each topic.

    With `durable` a broker that may lose entries is refused. Raises `CannotConnect`, also if the
    driver is not installed.
    """
    KafkaClients(url)  # raises if they cannot work

    async def open_channel() -> "KafkaQueueChannel":
        channel = KafkaQueueChannel(KafkaClients(url), prefix, durable=durable)
        async with aborted_on_failure(channel):
            return await channel.made()

    return open_channel


class KafkaQueueChannel:
    """Implements `shared.QueueChannel`."""

    def __init__(self, clients: KafkaClients, prefix: str, *, durable: bool) -> None:
        self._clients = clients
        self._errors = driver("aiokafka.errors", extra="kafka")
        self._admin = driver("aiokafka.admin", extra="kafka")
        self._topics = Topics(prefix)
        self._group = f"{prefix}consumers"
        self._durable = durable
        self._consumers = Consumers(clients, self._topics.messages, self._group, self._delete)
        self._producer: Any = None
        self._broken: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()

    async def made(self) -> "KafkaQueueChannel":
        """Create the missing topics. Raises `CannotConnect`."""
        self._clients.open()
        async with self._clients.admin() as admin:
            weakness = await self._topics.make(admin)
            await self._require_group(admin)
        if weakness is not None:
            if self._durable:
                raise CannotConnect(weakness)
            log.warning("the queue's Kafka may lose messages: %s", weakness)
        self._producer = await self._started_producer()
        for topic in (self._topics.messages, self._topics.aside):
            await self._producer.partitions_for(topic)
        return self

    async def _require_group(self, admin: Any) -> None:
        try:
            await admin.find_coordinator(self._group)
        except self._errors.GroupAuthorizationFailedError:
            raise CannotConnect(
                f"this account may not read as the consumer group {self._group}: allow it"
            ) from None
        except self._errors.KafkaError:
            pass  # a new cluster creates the topic of all groups when it is first needed

    async def _started_producer(self) -> Any:
        """A producer whose repeated requests add nothing, if the broker supports that.

        Otherwise an entry may be there twice, which is harmless.
        """
        options = {"acks": "all", "max_batch_size": BATCH_BYTES}
        try:
            return await self._clients.producer(enable_idempotence=True, **options)
        except self._errors.KafkaError as error:
            if error.retriable:
                raise
        return await self._clients.producer(**options)

    async def put(self, partition: int, entry: bytes) -> None:
        await self._write(self._topics.messages, partition, value=entry)

    async def consume(self, partition: int, handle: Handle) -> None:
        await self._consumers.consume(partition, partial(self._finish, handle))

    async def list_set_aside(self, limit: int) -> Sequence[SetAsideEntry]:
        records = (await self._aside())[0].values()
        return [_set_aside(each) for _, each in zip(range(limit), records, strict=False)]

    async def clear_set_aside(self, clear: Clear) -> int:
        records, following = await self._aside()
        cleared = 0
        for key, record in list(records.items()):
            if await clear(_set_aside(record)):
                await self._write(self._topics.aside, 0, key=key, value=None)
                del records[key]
                cleared += 1
        if cleared:
            first = min((each.offset for each in records.values()), default=following)
            # Otherwise the broker deletes their values when it compacts the topic.
            with contextlib.suppress(self._errors.KafkaError, TimeoutError):
                await self._delete({self._topic_partition(self._topics.aside): first})
        return cleared

    async def remove(self) -> None:
        async with self._clients.admin() as admin:
            await admin.delete_topics([self._topics.messages, self._topics.aside])

    async def ended(self) -> None:
        while not self._broken.done():
            await self._clients.check(self._producer)
            await asyncio.wait([self._broken], timeout=PROBE_SECONDS)
        raise self._broken.result()

    async def close(self) -> None:
        await self._clients.close()

    def abort(self) -> None:
        self._break(ConnectionError("the connection is closed"))
        self._clients.abort()
        if self._producer is not None:
            # It would send again forever.
            self._producer._sender.sender_task.cancel()  # noqa: SLF001 - no other access

    def _break(self, error: Exception) -> None:
        if not self._broken.done():
            self._broken.set_result(error)

    async def _write(self, topic: str, partition: int, **record: Any) -> None:
        """Write a record; the broker has confirmed it once this returns."""
        confirmed = await self._producer.send(topic, partition=partition, **record)
        try:
            # The driver forgets what it waits for when it is stopped.
            await asyncio.wait((confirmed, self._broken), return_when=asyncio.FIRST_COMPLETED)
            if not confirmed.done():
                raise ConnectionError("the connection is closed") from self._broken.result()
            confirmed.result()
        except self._errors.KafkaError as error:
            # The broker would refuse those that follow an entry that it has not got.
            self._break(error)
            raise
        finally:
            confirmed.cancel()

    async def _finish(self, handle: Handle, record: Any) -> None:
        try:
            await handle(record.value or b"")  # another program may write to the topic, too
        except SetAside as refusal:
            at = int(time.time() * 1_000)
            headers = [(REASON, str(refusal).encode()), (AT, str(at).encode())]
            # Setting it aside again adds nothing.
            key = f"{record.partition}.{record.offset}.{record.timestamp}".encode()
            await self._write(
                self._topics.aside, 0, key=key, value=record.value or b"", headers=headers
            )

    async def _aside(self) -> tuple[dict[bytes | None, Any], int]:
        """The records of the entries that are set aside, and the offset that follows them."""
        consumer = await self._clients.consumer(auto_offset_reset="earliest")
        try:
            topic_partition = self._topic_partition(self._topics.aside)
            consumer.assign([topic_partition])
            await consumer.seek_to_beginning(topic_partition)
            following: int = (await consumer.end_offsets([topic_partition]))[topic_partition]
            found: dict[bytes | None, Any] = {}
            while await consumer.position(topic_partition) < following:
                batch = await consumer.getmany(topic_partition, timeout_ms=REQUEST_MILLISECONDS)
                for record in batch.get(topic_partition, ()):
                    found.pop(record.key, None)
                    if record.value is not None and record.offset < following:
                        found[record.key] = record
            return found, following
        finally:
            await self._clients.stop(consumer)

    async def _delete(self, offsets: Mapping[Any, int]) -> None:
        """Delete the records before these offsets. Raises `KafkaError`, or `TimeoutError`."""
        before = {
            topic_partition: self._admin.RecordsToDelete(before_offset=offset)
            for topic_partition, offset in offsets.items()
        }
        async with self._clients.admin() as admin:
            await admin.delete_records(before)

    def _topic_partition(self, topic: str) -> Any:
        """The first partition of a topic."""
        return self._clients.kafka.TopicPartition(topic, 0)


def _set_aside(record: Any) -> SetAsideEntry:
    headers: dict[str, bytes] = dict(record.headers)
    reason = headers.get(REASON)
    return set_aside(
        None if reason is None else reason.decode(errors="replace"), record.value, headers.get(AT)
    )
