"""From a queue's URL to an open queue."""

import hashlib
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

from backchannel.brokers.drivers import CannotConnect
from backchannel.brokers.queues.shared import Open, SharedQueue

# Imported where it is used, because importing a driver is slow.


def _rabbitmq(url: str, prefix: str, *, production: bool) -> Open:
    from backchannel.brokers.queues.rabbitmq import rabbitmq_queue  # noqa: PLC0415

    del production
    return rabbitmq_queue(url, prefix)


def _nats(url: str, prefix: str, *, production: bool) -> Open:
    from backchannel.brokers.queues.nats import nats_queue  # noqa: PLC0415

    del production
    return nats_queue(url, prefix)


def _kafka(url: str, prefix: str, *, production: bool) -> Open:
    from backchannel.brokers.queues.kafka.channel import kafka_queue  # noqa: PLC0415

    return kafka_queue(url, prefix, durable=production)


def _redis(url: str, prefix: str, *, production: bool) -> Open:
    from backchannel.brokers.queues.redis import redis_queue  # noqa: PLC0415

    return redis_queue(url, prefix, durable=production)


class _Kind(Protocol):
    def __call__(self, url: str, prefix: str, *, production: bool) -> Open: ...


QUEUES: Mapping[str, _Kind] = {
    "amqp": _rabbitmq,
    "amqps": _rabbitmq,
    "kafka": _kafka,
    "kafka+ssl": _kafka,
    "nats": _nats,
    "tls": _nats,
    "redis": _redis,
    "rediss": _redis,
}
"""The function that opens a channel to a broker, by the scheme."""


async def open_queue(url: str, *, key: bytes, production: bool = False) -> SharedQueue:
    """The queue at `url`, of the servers with the same `key`.

    Raises `CannotConnect`, in `production` also if the broker might lose confirmed entries.
    """
    parts = urlsplit(url)
    # Not the URL itself: it may hold a password.
    name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    prefix = f"backchannel.{hashlib.sha256(b'queue' + key).hexdigest()[:16]}."
    try:
        open_channel = QUEUES[parts.scheme](url, prefix, production=production)
        queue = SharedQueue(open_channel, hashlib.sha256(b"queue signature" + key).digest())
        await queue.open()
    except CannotConnect as error:
        text = f"the queue at {name} cannot be used: {error}; see `queue.url`"
        raise CannotConnect(text) from None
    return queue
