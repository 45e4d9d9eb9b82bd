"""The queue on NATS JetStream: a stream, and a durable consumer for each partition.

A consumer hands out one entry at a time, to one of the nodes that ask for it.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Any

from backchannel.brokers.drivers import driver
from backchannel.brokers.nats import abort, connected
from backchannel.brokers.queues.set_aside import set_aside
from backchannel.brokers.queues.shared import Clear, Open
from backchannel.ports.queue import Handle, SetAside, SetAsideEntry

ACK_SECONDS = 10
"""Seconds after which an entry is handed to another node if its node is silent."""
BEAT_SECONDS = 3.0
FETCH_SECONDS = 5.0
REPLICAS = 3
"""Servers of a cluster that keep each entry, so that one of them may fail."""
REASON, AT = "Reason", "At"


def nats_queue(url: str, prefix: str) -> Open:
    """Channels at `nats://` or `tls://`; `prefix` begins the name of each subject.

    Raises `CannotConnect` if the driver is not installed.
    """
    driver("nats", extra="nats")  # refuses at once if it is missing

    async def open_channel() -> "NatsQueueChannel":
        ended = asyncio.Event()

        async def closed() -> None:
            ended.set()

        client = await connected(url, closed)
        try:
            return await NatsQueueChannel(client, prefix, ended).made()
        except BaseException:
            try:
                await client.close()
            finally:
                abort(client)
            raise

    return open_channel


class NatsQueueChannel:
    """Implements `shared.QueueChannel`."""

    def __init__(self, client: Any, prefix: str, ended: asyncio.Event) -> None:
        self._api = driver("nats.js.api", extra="nats")
        self._errors = driver("nats.errors", extra="nats")
        self._streams = driver("nats.js.errors", extra="nats")
        self._client = client
        self._stream = client.jetstream()
        self._prefix = prefix
        self._ended = ended

    async def made(self) -> "NatsQueueChannel":
        """Make the two streams, or leave them as they are."""
        policies = self._api.RetentionPolicy
        await self._make("messages", policies.WORK_QUEUE)
        await self._make("aside", policies.LIMITS)
        return self

    async def _make(self, kind: str, retention: Any) -> None:
        with contextlib.suppress(self._streams.NotFoundError):
            await self._stream.stream_info(self._name(kind))
            return
        config = self._api.StreamConfig(
            name=self._name(kind),
            subjects=[f"{self._prefix}{kind}.>"],
            retention=retention,
            storage=self._api.StorageType.FILE,
            num_replicas=REPLICAS,
        )
        try:
            await self._stream.add_stream(config)
        except self._streams.APIError:  # a single server, or too few of them
            await self._stream.add_stream(config, num_replicas=1)

    async def put(self, partition: int, entry: bytes) -> None:
        await self._stream.publish(f"{self._prefix}messages.{partition}", entry)

    async def consume(self, partition: int, handle: Handle) -> None:
        subject = f"{self._prefix}messages.{partition}"
        consumer = await self._stream.pull_subscribe(
            subject,
            durable=f"partition-{partition}",
            stream=self._name("messages"),
            config=self._api.ConsumerConfig(
                ack_policy=self._api.AckPolicy.EXPLICIT, ack_wait=ACK_SECONDS, max_ack_pending=1
            ),
        )
        while True:
            try:
                (message,) = await consumer.fetch(1, timeout=FETCH_SECONDS)
            except (TimeoutError, self._errors.TimeoutError):
                continue
            await self._finish(message, handle)

    async def list_set_aside(self, limit: int) -> Sequence[SetAsideEntry]:
        subject, stream = f"{self._prefix}aside.>", self._name("aside")
        consumer = await self._stream.pull_subscribe(subject, stream=stream)
        try:
            found = await consumer.fetch(limit, timeout=1)
        except (TimeoutError, self._errors.TimeoutError):
            return []
        finally:
            await consumer.unsubscribe()
        return [_set_aside(each) for each in found]

    async def clear_set_aside(self, clear: Clear) -> int:
        name = self._name("aside")
        last = (await self._stream.stream_info(name)).state.last_seq
        cleared = number = 0
        while (message := await self._aside_after(number)) is not None and message.seq <= last:
            number = message.seq
            if await clear(_set_aside(message)):
                with contextlib.suppress(self._streams.NotFoundError):  # another has deleted it
                    cleared += await self._stream.delete_msg(name, number)
        return cleared

    async def _aside_after(self, number: int) -> Any | None:
        """The first entry set aside that has a higher number."""
        name, subject = self._name("aside"), f"{self._prefix}aside.>"
        with contextlib.suppress(self._streams.NotFoundError):
            return await self._stream.get_msg(name, seq=number + 1, subject=subject, next=True)
        return None

    async def remove(self) -> None:
        for name in ("messages", "aside"):
            await self._stream.delete_stream(self._name(name))

    async def ended(self) -> None:
        await self._ended.wait()

    async def close(self) -> None:
        await self._client.close()

    def abort(self) -> None:
        abort(self._client)

    async def _finish(self, message: Any, handle: Handle) -> None:
        holding = asyncio.create_task(_hold(message))
        try:
            await handle(message.data)
        except SetAside as refusal:
            headers = {REASON: str(refusal), AT: str(int(time.time() * 1_000))}
            await self._stream.publish(f"{self._prefix}aside.entry", message.data, headers=headers)
        except asyncio.CancelledError:
            with contextlib.suppress(Exception):
                await message.nak()
            raise
        finally:
            holding.cancel()
        await message.ack_sync()

    def _name(self, kind: str) -> str:
        return f"{self._prefix.rstrip('.').replace('.', '-')}-{kind}"


def _set_aside(message: Any) -> SetAsideEntry:
    headers: dict[str, str] = message.headers or {}
    return set_aside(headers.get(REASON), message.data, headers.get(AT))


async def _hold(message: Any) -> None:
    """Let the broker know that an entry is still being handled."""
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        await message.in_progress()
