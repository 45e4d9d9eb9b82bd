"""A queue that outlives its connections to the broker.

Each entry is signed: programs without the secret may write to the same broker (rule S19).
"""

import asyncio
import hashlib
import hmac
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

import msgspec

from backchannel.brokers.drivers import (
    BrokerConnection,
    CannotConnect,
    abort_if_cancelled,
    close_in_time,
    end,
    raise_if_cancelled,
)
from backchannel.domain.errors import Unavailable
from backchannel.ports.queue import Handle, KeyOf, SetAside, SetAsideEntry
from backchannel.telemetry import metrics
from backchannel.telemetry.failures import reason

PARTITIONS = 16
"""Entries that are handled at the same time, by all nodes together."""
CONNECT_SECONDS = 15.0
"""Seconds for a connection, including the creation of queues by the first one."""
CONFIRM_SECONDS = 5.0
"""Seconds within which a broker confirms an entry, or counts as unavailable."""
COMMAND_SECONDS = 60.0
"""Seconds for a command of the operator, which may concern many entries."""
PAUSE_SECONDS = 0.5
"""Seconds until the next attempt to connect."""
WAITING = 1_000
"""Entries that may wait for their confirmation at a node, of one user half as many."""
SIGNATURE = 16
"""Bytes of a signature in front of an entry: BLAKE2b with a key."""

log = logging.getLogger(__name__)


Clear = Callable[[SetAsideEntry], Awaitable[bool]]
"""True for an entry that need no longer be kept."""


class QueueChannel(BrokerConnection, Protocol):
    """A connection to a broker. Any exception but `SetAside` means that it is broken."""

    async def put(self, partition: int, entry: bytes) -> None:
        """Add an entry; return once it is durable."""
        ...

    async def consume(self, partition: int, handle: Handle) -> None:
        """Handle the entries of a partition until cancelled, while no other node does.

        `handle` raises nothing but `SetAside`, for which the entry is set aside.
        """
        ...

    async def list_set_aside(self, limit: int) -> Sequence[SetAsideEntry]: ...

    async def clear_set_aside(self, clear: Clear) -> int:
        """Delete the entries set aside until now that `clear` chooses; their number."""
        ...

    async def remove(self) -> None:
        """Delete the queue with all its entries."""
        ...

    async def ended(self) -> None:
        """Return or raise when the connection is broken."""
        ...


Open = Callable[[], Awaitable[QueueChannel]]


class SharedQueue:
    """Implements `ports.queue.Queue`, over one channel after another."""

    def __init__(self, open_channel: Open, key: bytes) -> None:
        """Servers with the same `key`, of 64 bytes at most, trust each other's entries."""
        self._open_channel = open_channel
        self._key = key
        self._channel: QueueChannel | None = None
        self._handle: Handle | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()
        self._waiting = Counter[str]()
        """The entries that wait for their confirmation, of each user."""

    async def open(self) -> None:
        """Connect for the first time. Raises `CannotConnect`."""
        channel = self._channel = await self._connect()
        self._task = asyncio.create_task(self._run(channel))

    async def put(self, key: str, entry: bytes, *, user_id: str) -> None:
        # A user may take as many places as are still free, so one user's flood leaves room.
        if self._waiting[user_id] >= WAITING - self._waiting.total():
            raise Unavailable("too many messages wait for the queue", retry_after=1.0)
        channel = self._channel
        if channel is None:
            raise Unavailable("the queue cannot be reached", retry_after=1.0)
        self._waiting[user_id] += 1
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                await channel.put(partition_of(key), self._signature(entry) + entry)
        except (Exception, asyncio.CancelledError) as error:
            raise_if_cancelled(error)
            raise Unavailable("the queue has not confirmed the message", retry_after=1.0) from error
        finally:
            self._waiting[user_id] -= 1
            if not self._waiting[user_id]:
                del self._waiting[user_id]

    async def consume(self, handle: Handle) -> None:
        self._handle = handle
        try:
            async with self._changed:
                self._changed.notify_all()
            await asyncio.Event().wait()
        finally:
            self._handle = None
            async with self._changed:
                self._changed.notify_all()

    async def list_set_aside(self, limit: int) -> Sequence[SetAsideEntry]:
        async with self._answering() as channel:
            found = await channel.list_set_aside(limit)
        return [_unsigned(each) for each in found]

    async def retry_set_aside(self, ids: Collection[str] | None, key_of: KeyOf) -> int:
        retried = set[str]()  # one that is set aside again meanwhile stays
        async with self._answering() as channel:

            async def retry(signed: SetAsideEntry) -> bool:
                entry = _unsigned(signed)
                if entry.id in retried or not (ids is None or entry.id in ids):
                    return False
                retried.add(entry.id)
                # With its old signature: a forged one stays forged.
                await channel.put(partition_of(key_of(entry.entry)), signed.entry)
                return True

            return await channel.clear_set_aside(retry)
        raise AssertionError  # for the type checker: the block returns or raises

    async def drop_set_aside(self, ids: Collection[str] | None) -> int:
        async def drop(signed: SetAsideEntry) -> bool:
            return ids is None or _unsigned(signed).id in ids

        async with self._answering() as channel:
            return await channel.clear_set_aside(drop)
        raise AssertionError

    @asynccontextmanager
    async def _answering(self) -> AsyncGenerator[QueueChannel]:
        """The channel, for a command. Raises `Unavailable` if it fails, or takes too long."""
        if self._channel is None:
            raise Unavailable("the queue cannot be reached")
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                yield self._channel
        except (Exception, asyncio.CancelledError) as error:
            raise_if_cancelled(error)
            raise Unavailable("the queue does not answer") from error

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._channel is not None:  # the task had not started
            await self._leave(self._channel)

    async def _connect(self) -> QueueChannel:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                channel = await self._open_channel()
                abort_if_cancelled(channel)
                return channel
        except CannotConnect:
            raise
        except (Exception, asyncio.CancelledError) as error:
            raise_if_cancelled(error)
            raise CannotConnect(reason(error)) from error

    async def _run(self, channel: QueueChannel | None) -> None:
        away = False
        while True:
            try:
                channel = channel or await self._connect()
                if away:
                    log.warning("the queue is available again")
                away = False
                await self._note(channel)
                await self._use(channel)
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - of each driver
                raise_if_cancelled(error)
                if not away:  # an outage is reported once
                    log.warning("the queue is unavailable: %s", reason(_cause(error)))
                away = True
            finally:
                await self._leave(channel)
            channel = None
            await asyncio.sleep(PAUSE_SECONDS)

    async def _leave(self, channel: QueueChannel | None) -> None:
        try:
            await self._note(None)
            if channel is not None:
                await close_in_time(channel)
        finally:
            if channel is not None:
                channel.abort()

    async def _note(self, channel: QueueChannel | None) -> None:
        self._channel = channel
        metrics.QUEUE_CONNECTED.set(channel is not None)
        async with self._changed:
            self._changed.notify_all()

    async def _use(self, channel: QueueChannel) -> None:
        """Consume whenever there is a handler; raises when the channel breaks."""
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(_fail_after(channel.ended()))
            consumers: list[asyncio.Task[None]] = []
            try:
                while True:
                    async with self._changed:
                        await self._changed.wait_for(lambda: self._handle is not None)
                    consumers = [
                        tasks.create_task(_fail_after(channel.consume(each, self._guarded)))
                        for each in range(PARTITIONS)
                    ]
                    async with self._changed:
                        await self._changed.wait_for(lambda: self._handle is None)
                    await end(*consumers)
            finally:
                await end(watching, *consumers)

    async def _guarded(self, signed: bytes) -> None:
        """Handle an entry until that succeeds, or it is to be set aside."""
        entry = signed[SIGNATURE:]
        if not hmac.compare_digest(signed[:SIGNATURE], self._signature(entry)):
            metrics.QUEUE_SET_ASIDE.inc()
            raise SetAside("it is not from a server with this `jwt_secret`")
        while True:
            handle = self._handle
            if handle is None:  # the consumer ends, and the entry stays with the broker
                await asyncio.Event().wait()
                raise AssertionError
            try:
                return await handle(entry)
            except SetAside:
                metrics.QUEUE_SET_ASIDE.inc()
                raise
            except Exception:
                log.exception("an entry of the queue could not be handled")
                await asyncio.sleep(PAUSE_SECONDS)

    def _signature(self, entry: bytes) -> bytes:
        return hashlib.blake2b(entry, key=self._key, digest_size=SIGNATURE).digest()


async def _fail_after(ended: Awaitable[None]) -> None:
    try:
        await ended
    except asyncio.CancelledError as error:
        raise_if_cancelled(error)
    raise ConnectionError("the broker has closed the connection")


def _unsigned(entry: SetAsideEntry) -> SetAsideEntry:
    return msgspec.structs.replace(entry, entry=entry.entry[SIGNATURE:])


def partition_of(key: str) -> int:
    """The partition of a key, the same in every process."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()) % PARTITIONS


def _cause(error: BaseException) -> BaseException:
    """The first of the errors that ended a channel."""
    group: Any = error
    return _cause(group.exceptions[0]) if isinstance(error, ExceptionGroup) else error
