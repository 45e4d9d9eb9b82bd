"""The queue on Redis Streams: a stream for each partition, and a lease for its one consumer."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Sequence
from typing import Any

from backchannel.brokers.drivers import CannotConnect, driver, end
from backchannel.brokers.queues.set_aside import set_aside
from backchannel.brokers.queues.shared import PARTITIONS, Clear, Open
from backchannel.brokers.redis import abort, connection_pool
from backchannel.ports.queue import Handle, SetAside, SetAsideEntry

log = logging.getLogger(__name__)

GROUP = "consumers"
PAGE = 100
LEASE_MILLISECONDS = 10_000
"""The life of a lease: a partition waits this long after its node was killed."""
BEAT_SECONDS = 3.0
RETRY_SECONDS = 0.5
BLOCK_MILLISECONDS = 1_000
QUIET_SECONDS = 5.0
PUTS = 16
"""Entries that are added at once, each on a separate connection; more wait."""
CONNECTIONS = PUTS + 3 * PARTITIONS
"""More than are ever needed, as a consumer uses two at once: the driver fails beyond them."""
ENTRY, REASON, AT = b"entry", b"reason", b"at"

RENEW = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
"""
RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
"""


def redis_queue(url: str, prefix: str, *, durable: bool) -> Open:
    """Channels at `redis://` or `rediss://`; `prefix` begins the name of each key.

    With `durable` a server that may lose entries is refused. Raises `CannotConnect`, also if the
    driver is not installed.
    """
    asynchronous = driver("redis.asyncio", extra="redis")

    async def open_channel() -> "RedisQueueChannel":
        pool = connection_pool(
            url,
            protocol=2,
            socket_timeout=QUIET_SECONDS,
            socket_connect_timeout=QUIET_SECONDS,
            max_connections=CONNECTIONS,
        )
        client = asynchronous.Redis.from_pool(pool)
        channel = RedisQueueChannel(client, prefix, durable=durable)
        try:
            return await channel.made()
        except BaseException:
            channel.abort()
            raise

    return open_channel


class RedisQueueChannel:
    """Implements `shared.QueueChannel`."""

    def __init__(self, client: Any, prefix: str, *, durable: bool) -> None:
        self._client = client
        self._prefix = prefix
        self._durable = durable
        self._name = secrets.token_hex(8)
        self._puts = asyncio.Semaphore(PUTS)

    async def made(self) -> "RedisQueueChannel":
        """Create the missing streams. Raises `CannotConnect`."""
        await self._client.ping()
        weakness = await self._weakness()
        if weakness is not None:
            if self._durable:
                raise CannotConnect(weakness)
            log.warning("the queue's Redis may lose messages: %s", weakness)
        for partition in range(PARTITIONS):
            with contextlib.suppress(Exception):  # the group exists
                await self._client.xgroup_create(
                    self._stream(partition), GROUP, id="0", mkstream=True
                )
        return self

    async def _weakness(self) -> str | None:
        """The reason why the server may lose confirmed entries, and the remedy."""
        if (await self._client.config_get("appendonly")).get("appendonly") == "no":
            return "it keeps nothing when it stops; set `appendonly yes` there"
        policy = (await self._client.config_get("maxmemory-policy")).get("maxmemory-policy", "")
        if policy.startswith("allkeys"):
            return (
                "it deletes entries when memory runs out; set `maxmemory-policy noeviction` there"
            )
        return None

    async def put(self, partition: int, entry: bytes) -> None:
        async with self._puts:
            await self._client.xadd(self._stream(partition), {ENTRY: entry})

    async def consume(self, partition: int, handle: Handle) -> None:
        lease = f"{self._prefix}lease.{partition}"
        while True:
            if not await self._client.set(lease, self._name, nx=True, px=LEASE_MILLISECONDS):
                await asyncio.sleep(RETRY_SECONDS)
                continue
            working = asyncio.create_task(self._work(partition, handle))
            holding = asyncio.create_task(self._hold(lease))
            try:
                await asyncio.wait((working, holding), return_when=asyncio.FIRST_COMPLETED)
                for task in (working, holding):
                    if task.done():
                        task.result()
            finally:
                await end(working, holding)
                with contextlib.suppress(Exception):
                    await self._client.eval(RELEASE, 1, lease, self._name)

    async def list_set_aside(self, limit: int) -> Sequence[SetAsideEntry]:
        return [_set_aside(each) for _, each in await self._client.xrange(self._aside, count=limit)]

    async def clear_set_aside(self, clear: Clear) -> int:
        cleared, first = 0, "-"
        last = await self._client.xrevrange(self._aside, count=1)
        while last and (page := await self._client.xrange(self._aside, first, last[0][0], PAGE)):
            for number, fields in page:
                if await clear(_set_aside(fields)):
                    cleared += await self._client.xdel(self._aside, number)
                first = f"({number.decode()}"
        return cleared

    async def remove(self) -> None:
        names = [self._aside]
        for partition in range(PARTITIONS):
            names += [self._stream(partition), f"{self._prefix}lease.{partition}"]
        await self._client.delete(*names)

    async def ended(self) -> None:
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            await self._client.ping()

    async def close(self) -> None:
        self.abort()  # the driver would forget a socket that cannot send its data
        await self._client.aclose()

    def abort(self) -> None:
        pool = self._client.connection_pool
        abort((*pool._available_connections, *pool._in_use_connections))  # noqa: SLF001 - as above

    async def _hold(self, lease: str) -> None:
        """Renew a lease until that fails."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            if not await self._client.eval(RENEW, 1, lease, self._name, LEASE_MILLISECONDS):
                return

    async def _work(self, partition: int, handle: Handle) -> None:
        """Handle the entries that the previous holder left unfinished, then new ones."""
        stream = self._stream(partition)
        while True:
            found = await self._client.xautoclaim(stream, GROUP, GROUP, 0, "0", count=1)
            entries: list[Any] = found[1]
            if not entries:
                read = await self._client.xreadgroup(
                    GROUP, GROUP, {stream: ">"}, count=1, block=BLOCK_MILLISECONDS
                )
                entries = read[0][1] if read else []
            for number, fields in entries:
                await self._finish(stream, number, fields, handle)

    async def _finish(self, stream: str, number: bytes, fields: Any, handle: Handle) -> None:
        entry = fields.get(ENTRY, b"")  # another program may write to the stream, too
        async with self._client.pipeline(transaction=True) as steps:
            try:
                await handle(entry)
            except SetAside as refusal:
                at = int(time.time() * 1_000)
                steps.xadd(self._aside, {ENTRY: entry, REASON: str(refusal), AT: at})
            steps.xack(stream, GROUP, number)
            steps.xdel(stream, number)
            await steps.execute()

    @property
    def _aside(self) -> str:
        return f"{self._prefix}aside"

    def _stream(self, partition: int) -> str:
        return f"{self._prefix}messages.{partition}"


def _set_aside(fields: Any) -> SetAsideEntry:
    reason = fields.get(REASON, b"").decode(errors="replace") or None
    return set_aside(reason, fields.get(ENTRY), fields.get(AT))
