"""From a bus's URL to an open bus."""

import hashlib
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from backchannel.brokers.drivers import CannotConnect
from backchannel.brokers.in_process import InProcessBus
from backchannel.brokers.link import Connect
from backchannel.brokers.shared import Broker, SharedBus
from backchannel.ports.bus import Bus

# Imported where it is used, because importing a driver is slow.


def _redis(url: str, prefix: str, _key: bytes) -> Connect:
    from backchannel.brokers.redis import redis_connect  # noqa: PLC0415

    return redis_connect(url, prefix)


def _nats(url: str, prefix: str, _key: bytes) -> Connect:
    from backchannel.brokers.nats import nats_connect  # noqa: PLC0415

    return nats_connect(url, prefix)


def _postgresql(url: str, prefix: str, _key: bytes) -> Connect:
    from backchannel.brokers.postgresql import postgresql_connect  # noqa: PLC0415

    return postgresql_connect(url, prefix)


def _rabbitmq(url: str, prefix: str, _key: bytes) -> Connect:
    from backchannel.brokers.rabbitmq import rabbitmq_connect  # noqa: PLC0415

    return rabbitmq_connect(url, prefix)


def _kafka(url: str, prefix: str, key: bytes) -> Connect:
    from backchannel.brokers.kafka.channel import kafka_connect  # noqa: PLC0415

    return kafka_connect(url, prefix, key)


LARGEST = 1 << 20
"""Bytes of an envelope that every broker takes by default, except PostgreSQL."""
LARGEST_NOTIFICATION = 5_900
LARGEST_RECORD = LARGEST - 4_096
"""`LARGEST`, less the bytes that Kafka adds."""

Kind = tuple[Callable[[str, str, bytes], Connect], int]

BROKERS: Mapping[str, Kind] = {
    "redis": (_redis, LARGEST),
    "rediss": (_redis, LARGEST),
    "nats": (_nats, LARGEST),
    "tls": (_nats, LARGEST),
    "amqp": (_rabbitmq, LARGEST),
    "amqps": (_rabbitmq, LARGEST),
    "kafka": (_kafka, LARGEST_RECORD),
    "kafka+ssl": (_kafka, LARGEST_RECORD),
    "postgresql": (_postgresql, LARGEST_NOTIFICATION),
}
"""The function that connects to a broker, and the largest envelope it takes, by the scheme."""


async def open_bus(url: str | None, *, key: bytes) -> Bus:
    """The bus at `url`, or that of a single process. Raises `CannotConnect`.

    Servers with the same `key` receive and trust each other's messages. Others may use the same
    broker.
    """
    if url is None:
        return InProcessBus()
    parts = urlsplit(url)
    # Not the URL itself: it may hold a password.
    name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    try:
        connect, largest = BROKERS[parts.scheme]
        broker = Broker(connect(url, _prefix(key), _key(b"bus records", key)), largest)
        bus = SharedBus(broker, _key(b"bus signature", key))
        await bus.open()
    except CannotConnect as error:
        raise CannotConnect(f"the bus at {name} cannot be used: {error}; see `bus.url`") from None
    return bus


def _prefix(key: bytes) -> str:
    return f"backchannel:{hashlib.sha256(b'bus' + key).hexdigest()[:16]}:"


def _key(purpose: bytes, key: bytes) -> bytes:
    return hashlib.sha256(purpose + key).digest()
