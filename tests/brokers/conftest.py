"""Each bus on the real broker of this machine, behind a proxy that can cut its connections."""

import asyncio
import os
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack
from importlib.util import find_spec
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit, urlunsplit

import pytest

from backchannel.brokers import link
from backchannel.brokers.drivers import CannotConnect
from backchannel.brokers.kafka import channel
from backchannel.brokers.opening import open_bus
from backchannel.brokers.shared import SharedBus
from tests.brokers.proxy import Proxy
from tests.support.kafka import Kafka, kafka_broker

T = TypeVar("T")

BROKERS = {
    "redis": ("redis", os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")),
    "nats": ("nats", os.environ.get("TEST_NATS_URL", "nats://127.0.0.1:4222")),
    "postgresql": (
        "asyncpg",
        os.environ.get("TEST_POSTGRESQL_URL", "postgresql://postgres@127.0.0.1:5432") + "/postgres",
    ),
    "rabbitmq": (
        "aio_pika",
        os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672/"),
    ),
}
"""The driver and the address of each."""

Join = Callable[[], Awaitable[SharedBus]]
PATIENCE = 60.0
"""Seconds in which a broker lets itself be used, also if its disk stalls."""


class ProxiedBroker(NamedTuple):
    """A broker: `join` adds a node to it, through the proxy."""

    name: str
    join: Join
    proxy: Proxy
    stranger: Join
    """Adds a node of another installation."""


async def patiently(name: str, connect: Callable[[], Awaitable[T]]) -> T:
    """Connect to a broker that may be slow at first; skip the test if it does not answer."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return await connect()
        except CannotConnect as error:
            if time.monotonic() > until or "refused" in str(error):
                pytest.skip(f"{name} does not answer: {error}")
            await asyncio.sleep(0.1)


async def _proxy(opened: AsyncExitStack, url: str) -> tuple[Proxy, str]:
    """A proxy in front of a broker, and the broker's URL through it."""
    parts = urlsplit(url)
    proxy = await opened.enter_async_context(Proxy.before(parts.hostname or "", parts.port or 0))
    credentials = parts.netloc.rpartition("@")[0]
    before = f"{credentials}@" if credentials else ""
    return proxy, urlunsplit(parts._replace(netloc=f"{before}127.0.0.1:{proxy.port}"))


async def _kafka(opened: AsyncExitStack) -> tuple[Proxy, str]:
    """A proxy in front of a broker started for the test, which advertises the proxy's port."""
    proxy = await opened.enter_async_context(Proxy.before("127.0.0.1", 0))
    broker = opened.enter_context(kafka_broker(proxy.port))
    proxy.target = ("127.0.0.1", broker.port)
    return proxy, broker.url


async def proxied(opened: AsyncExitStack, name: str) -> tuple[Proxy, str]:
    """A proxy in front of a broker, and the broker's URL through it; skips without its driver."""
    module, url = BROKERS.get(name, ("aiokafka", ""))
    if find_spec(module) is None:
        pytest.skip(f"the driver {module} is not installed")
    return await (_proxy(opened, url) if url else _kafka(opened))


@pytest.fixture
def kafka() -> Generator[Kafka]:
    pytest.importorskip("aiokafka", reason="the extra `kafka` is not installed")
    with kafka_broker() as broker:
        yield broker


@pytest.fixture(params=[*BROKERS, "kafka"])
async def broker(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[ProxiedBroker]:
    # Generous limits, so that a stall of the machine is not taken for an outage.
    monkeypatch.setattr(link, "CONNECT_SECONDS", PATIENCE)
    monkeypatch.setattr(link, "SUBSCRIBED_SECONDS", PATIENCE)
    monkeypatch.setattr(channel, "ANSWER_SECONDS", 10.0)
    name: str = request.param
    key = secrets.token_bytes(32)
    async with AsyncExitStack() as opened:
        proxy, through = await proxied(opened, name)

        async def join(key: bytes = key) -> SharedBus:
            bus = await patiently(name, lambda: open_bus(through, key=key))
            assert isinstance(bus, SharedBus)
            opened.push_async_callback(bus.close)
            return bus

        async def stranger() -> SharedBus:
            return await join(secrets.token_bytes(32))

        yield ProxiedBroker(name, join, proxy, stranger)
