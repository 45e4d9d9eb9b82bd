"""The queue on Redis beyond the contract: durability, foreign entries, and its connections."""

import asyncio
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

import pytest

from backchannel.brokers.drivers import CannotConnect, driver
from backchannel.brokers.queues.opening import open_queue
from backchannel.brokers.queues.redis import RedisQueueChannel
from backchannel.brokers.queues.shared import SharedQueue, partition_of
from tests.brokers.connections import all_closed
from tests.brokers.proxy import Proxy
from tests.brokers.queues.consumers import collector, consuming, until
from tests.support.redis import redis_server

pytestmark = [pytest.mark.service]

MORE_THAN_THE_KERNEL_KEEPS = 16 << 20

SOUND = {"appendonly": "yes", "maxmemory-policy": "noeviction"}


@pytest.fixture
async def redis() -> AsyncGenerator[str]:
    """The URL of a server that is configured to lose nothing."""
    pytest.importorskip("redis", reason="the extra `redis` is not installed")
    with redis_server() as server:
        await configure(server.url, SOUND)
        yield server.url


async def configure(url: str, settings: dict[str, str]) -> None:
    client = driver("redis.asyncio", extra="redis").Redis.from_url(url)
    for name, value in settings.items():
        await client.config_set(name, value)
    await client.aclose()


async def test_R1_a_redis_that_keeps_everything_is_used(redis: str) -> None:
    queue = await open_queue(redis, key=b"secret", production=True)
    await queue.put("a", b"entry", user_id="ada")
    await queue.close()


async def test_S19_an_entry_of_another_program_does_not_block_its_partition(redis: str) -> None:
    queue = await open_queue(redis, key=b"secret")
    channel = queue._channel
    assert isinstance(channel, RedisQueueChannel)
    await channel._client.xadd(channel._stream(partition_of("a")), {"other": "x"})
    handled: list[bytes] = []
    async with consuming(queue, collector(handled)):
        await queue.put("a", b"genuine", user_id="ada")
        await until(lambda: handled == [b"genuine"])
    await queue.close()


def unsent(queue: SharedQueue) -> int:
    """Bytes that the queue's connections have not handed to the kernel."""
    channel = queue._channel
    assert isinstance(channel, RedisQueueChannel)
    used = channel._client.connection_pool._in_use_connections
    return sum(each._writer.transport.get_write_buffer_size() for each in used if each._writer)


async def test_a_cancelled_put_leaves_no_connection_to_a_silent_broker(redis: str) -> None:
    address = urlsplit(redis)
    async with Proxy.before(address.hostname or "", address.port or 0) as proxy:
        queue = await open_queue(f"redis://127.0.0.1:{proxy.port}", key=b"secret")
        proxy.hold()
        entry = bytes(MORE_THAN_THE_KERNEL_KEEPS)
        putting = asyncio.create_task(queue.put("a", entry, user_id="ada"))
        await until(lambda: unsent(queue) > 0)
        putting.cancel()
        await asyncio.wait([putting])
        await queue.close()
        await all_closed(proxy.port)
        proxy.release()


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("appendonly", "no", "appendonly yes"),
        ("maxmemory-policy", "allkeys-lru", "maxmemory-policy noeviction"),
    ],
)
async def test_R1_a_redis_that_may_lose_entries_is_refused_in_production(
    redis: str, name: str, value: str, remedy: str
) -> None:
    await configure(redis, {name: value})
    with pytest.raises(CannotConnect, match=f"set `{remedy}` there"):
        await open_queue(redis, key=b"secret", production=True)
    queue = await open_queue(redis, key=b"secret")
    await queue.close()
