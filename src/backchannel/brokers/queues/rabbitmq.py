"""The queue on RabbitMQ: a quorum queue for each partition, with a single active consumer."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any

from backchannel.brokers.drivers import driver
from backchannel.brokers.queues.shared import PARTITIONS, Clear, Open
from backchannel.brokers.rabbitmq import connected
from backchannel.ports.queue import Handle, SetAside, SetAsideEntry

REASON = "reason"
QUORUM: dict[str, Any] = {"x-queue-type": "quorum"}
UNLIMITED: dict[str, Any] = {"x-delivery-limit": -1}
"""RabbitMQ 4 gives up an entry after 20 deliveries by default; 3 does so at once with -1."""
UNLIMITED_VERSION = 4
RETURN_SECONDS = 0.1
RETURNS = 5
"""Attempts to take an entry: those of a channel that was just closed take a moment to come back."""


def rabbitmq_queue(url: str, prefix: str) -> Open:
    """Channels at `amqp://` or `amqps://`; `prefix` begins the name of each queue.

    Raises `CannotConnect` if the driver is not installed.
    """
    pika = driver("aio_pika", extra="rabbitmq")

    async def open_channel() -> "RabbitmqQueueChannel":
        connection, abort = await connected(url)
        channel = RabbitmqQueueChannel(pika, connection, abort, prefix)
        try:
            return await channel.declared()
        except BaseException:
            channel.abort()
            raise

    return open_channel


class RabbitmqQueueChannel:
    """Implements `shared.QueueChannel`."""

    def __init__(self, pika: Any, connection: Any, abort: Callable[[], None], prefix: str) -> None:
        self._pika = pika
        self._connection = connection
        self._abort = abort
        self._prefix = prefix
        self._channel: Any = None
        self._ended = asyncio.Event()
        connection.close_callbacks.add(self._end)

    async def declared(self) -> "RabbitmqQueueChannel":
        """Create the missing queues. Entries may be redelivered any number of times.

        So may entries that are set aside: each command that reads them is a delivery.
        """
        limits: list[dict[str, Any]] = [{}]
        if _version(self._connection) >= UNLIMITED_VERSION:
            limits = [UNLIMITED, {}]
        queues = [(self._aside, QUORUM)]
        queues += [(self._name(number), self._arguments) for number in range(PARTITIONS)]
        for name, arguments in queues:
            try:
                await self._declare(name, {**arguments, **limits[0]})
            except self._pika.exceptions.ChannelPreconditionFailed:
                limits.reverse()  # made by an earlier version, as probably the next ones
                await self._declare(name, {**arguments, **limits[0]})
        self._channel = await self._connection.channel()
        self._channel.close_callbacks.add(self._end)
        return self

    async def _declare(self, name: str, arguments: dict[str, Any]) -> None:
        """Make a queue, on a separate channel: the broker closes the channel if it refuses."""
        channel = await self._connection.channel()
        try:
            await channel.declare_queue(name, durable=True, arguments=arguments)
        finally:
            await channel.close()

    async def put(self, partition: int, entry: bytes) -> None:
        await self._publish(self._name(partition), entry, {})

    async def consume(self, partition: int, handle: Handle) -> None:
        # Cancelling a consumer would let another one have the next entry before this one is given
        # back, so its channel is closed instead.
        channel = await self._connection.channel()
        deliveries: asyncio.Queue[Any] = asyncio.Queue()
        try:
            channel.close_callbacks.add(self._end)
            await channel.set_qos(prefetch_count=1)
            queue = await channel.get_queue(self._name(partition), ensure=False)
            await queue.consume(deliveries.put)
            while True:
                delivery = await deliveries.get()
                try:
                    await handle(delivery.body)
                except SetAside as refusal:
                    await self._publish(self._aside, delivery.body, {REASON: str(refusal)})
                await delivery.ack()
        finally:
            channel.close_callbacks.discard(self._end)
            with contextlib.suppress(Exception):
                await channel.close()

    async def list_set_aside(self, limit: int) -> Sequence[SetAsideEntry]:
        """Take the entries, and give them back by closing the channel."""
        channel = await self._connection.channel()
        try:
            queue = await channel.declare_queue(self._aside, passive=True)
            found: list[SetAsideEntry] = []
            async with aclosing(_taken(queue)) as messages:
                async for message in messages:
                    found.append(_set_aside(message))
                    if len(found) == limit:
                        break
            return found
        finally:
            await channel.close()

    async def clear_set_aside(self, clear: Clear) -> int:
        """Take all entries; closing the channel gives back those that are kept."""
        channel = await self._connection.channel()
        try:
            queue = await channel.declare_queue(self._aside, passive=True)
            cleared = 0
            async for message in _taken(queue):
                if await clear(_set_aside(message)):
                    await message.ack()
                    cleared += 1
            return cleared
        finally:
            await channel.close()

    async def remove(self) -> None:
        """Delete the queues with all their entries."""
        for name in (self._aside, *map(self._name, range(PARTITIONS))):
            await self._channel.queue_delete(name)

    async def ended(self) -> None:
        await self._ended.wait()

    async def close(self) -> None:
        with contextlib.suppress(Exception):
            await self._connection.close()

    def abort(self) -> None:
        self._abort()

    async def _publish(self, name: str, body: bytes, headers: dict[str, str]) -> None:
        message = self._pika.Message(
            body,
            delivery_mode=self._pika.DeliveryMode.PERSISTENT,
            headers=headers,
            timestamp=time.time(),
        )
        # Confirmed by the broker, and given back if there is no such queue.
        await self._channel.default_exchange.publish(message, name, mandatory=True)

    def _end(self, *reason: object) -> None:
        del reason
        self._ended.set()

    @property
    def _arguments(self) -> dict[str, Any]:
        """The arguments of the queue of a partition."""
        return {
            **QUORUM,
            "x-single-active-consumer": True,
            # Entries that a broker gives up after many deliveries are kept, too.
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": self._aside,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }

    @property
    def _aside(self) -> str:
        return f"{self._prefix}aside"

    def _name(self, partition: int) -> str:
        return f"{self._prefix}messages.{partition}"


def _version(connection: Any) -> int:
    """The major version of the broker; 0 if it does not say."""
    text = connection.transport.connection.server_properties.get("version", "")
    major = str(text).partition(".")[0]
    return int(major) if major.isdecimal() else 0


async def _taken(queue: Any) -> AsyncGenerator[Any]:
    """Take messages of a queue until it is empty."""
    taken = False
    for _ in range(RETURNS):
        while (message := await queue.get(fail=False)) is not None:
            taken = True
            yield message
        if taken:
            return
        await asyncio.sleep(RETURN_SECONDS)


def _set_aside(message: Any) -> SetAsideEntry:
    at = int(message.timestamp.timestamp() * 1_000) if message.timestamp else 0
    why = str(message.headers.get(REASON, "delivered too often"))
    return SetAsideEntry(why, message.body, at)
