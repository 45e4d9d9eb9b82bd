"""Each queue on a real broker, behind a proxy that can cut its connections."""

import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from importlib.util import find_spec
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

import pytest

from backchannel.brokers.queues import shared
from backchannel.brokers.queues.opening import open_queue
from backchannel.brokers.queues.shared import SharedQueue
from tests.brokers.conftest import BROKERS, PATIENCE, patiently
from tests.brokers.proxy import Proxy

QUEUES = ("rabbitmq", "redis", "nats")
"""The brokers of queues, as `BROKERS` names them."""

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
async def broker(request: pytest.FixtureRequest) -> AsyncGenerator[ProxiedBroker]:
    name: str = request.param
    module, url = BROKERS[name]
    if find_spec(module) is None:
        pytest.skip(f"the driver {module} is not installed")
    key = secrets.token_bytes(32)
    async with AsyncExitStack() as opened:
        parts = urlsplit(url)
        proxy = await opened.enter_async_context(
            Proxy.before(parts.hostname or "", parts.port or 0)
        )
        credentials = parts.netloc.rpartition("@")[0]
        before = f"{credentials}@" if credentials else ""
        through = urlunsplit(parts._replace(netloc=f"{before}127.0.0.1:{proxy.port}"))

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
