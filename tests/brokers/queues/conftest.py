"""Each queue on a real broker, behind a proxy that can cut its connections."""

import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import NamedTuple

import pytest

from backchannel.brokers.queues import shared
from backchannel.brokers.queues.opening import open_queue
from backchannel.brokers.queues.shared import SharedQueue
from tests.brokers.conftest import PATIENCE, patiently, proxied
from tests.brokers.proxy import Proxy
from tests.support.kafka_producer_ids import ask_with_version_3

QUEUES = ("rabbitmq", "redis", "nats", "kafka")
"""The brokers of queues, as `proxied` names them."""

Join = Callable[[], Awaitable[SharedQueue]]


class ProxiedBroker(NamedTuple):
    """A broker: `join` adds a node, whose connections the proxy can cut."""

    name: str
    join: Join
    proxy: Proxy


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow for a broker whose disk stalls."""
    monkeypatch.setattr(shared, "CONFIRM_SECONDS", PATIENCE)


@pytest.fixture(params=list(QUEUES))
async def broker(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[ProxiedBroker]:
    name: str = request.param
    key = secrets.token_bytes(32)
    async with AsyncExitStack() as opened:
        proxy, through = await proxied(opened, name)
        if name == "kafka":
            ask_with_version_3(monkeypatch)

        async def join() -> SharedQueue:
            queue = await patiently(name, lambda: open_queue(through, key=key))
            opened.push_async_callback(queue.close)
            return queue

        yield ProxiedBroker(name, join, proxy)
        proxy.refusing = False
        cleaner = await join()
        channel = cleaner._channel
        assert channel is not None
        await channel.remove()
