"""A link to a broker that outlives its connections; it deals in topics and bytes only."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from backchannel.brokers.drivers import (
    CLOSE_SECONDS,
    BrokerConnection,
    CannotConnect,
    abort_if_cancelled,
    close_in_time,
    end,
    raise_if_cancelled,
)
from backchannel.telemetry import metrics
from backchannel.telemetry.failures import reason

QUEUED = 10_000
QUEUED_BYTES = 16 << 20
"""Most messages, and most bytes, that wait for the broker; more are dropped."""
BATCH = 512
"""Messages handed to the broker at a time."""
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
"""Seconds between two attempts to connect; the pause doubles."""
CONNECT_SECONDS = 5.0
SUBSCRIBED_SECONDS = 2.0
"""Seconds to wait for a subscription."""

Message = tuple[str, bytes]
Receive = Callable[[str, bytes], None]

log = logging.getLogger(__name__)


class Channel(BrokerConnection, Protocol):
    """One connection to a broker. Any exception means that it is broken, and is given up."""

    async def subscribe(self, topics: Sequence[str]) -> None:
        """Receive these topics; once it returns, messages published to them arrive here."""
        ...

    async def unsubscribe(self, topics: Sequence[str]) -> None: ...

    async def publish(self, messages: Sequence[Message]) -> None:
        """Hand messages to the broker, in this order; it has them once this returns."""
        ...

    async def listen(self) -> None:
        """Hand on the messages that arrive; return or raise only when the connection is broken."""
        ...


Connect = Callable[[Receive], Awaitable[Channel]]


class Recovered(Protocol):
    def __call__(self, *, dropped: bool) -> None:
        """`dropped` is True if messages could not be sent."""
        ...


class Link:
    """Keeps the subscriptions and sends queued messages, through one channel after another.

    `recovered` is called once a new channel has replaced a broken one and is subscribed, and
    after messages have been dropped; `late` with a topic whose subscription took longer than
    `subscribed` waits.
    """

    def __init__(
        self,
        connect: Connect,
        receive: Receive,
        recovered: Recovered,
        late: Callable[[str], None],
    ) -> None:
        self._connect = connect
        self._receive = receive
        self._recovered = recovered
        self._late = late
        self._wanted: set[str] = set()
        """The topics to be subscribed to."""
        self._active: set[str] = set()
        """The topics that the channel is subscribed to."""
        self._changed: set[str] = set()
        """The topics that may have to be subscribed to, or unsubscribed from."""
        self._awaited: set[str] = set()
        """The topics whose subscription was not confirmed in time."""
        self._queue: list[Message] = []
        self._queued_bytes = 0
        self._dropped = False
        self._work = asyncio.Event()
        self._settled = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self.connected = False

    async def open(self) -> None:
        """Connect for the first time. Raises `CannotConnect`."""
        try:
            channel = await self._connected()
        except CannotConnect:
            raise
        except (Exception, asyncio.CancelledError) as error:
            raise_if_cancelled(error)
            raise CannotConnect(reason(error)) from error
        self._task = asyncio.get_running_loop().create_task(self._run(channel))
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CONNECT_SECONDS), self._settled:
                    await self._settled.wait_for(lambda: self.connected)
        except BaseException:
            self._task.cancel()
            channel.abort()  # also if the task had not started
            raise
        if not self.connected:
            await self.close()
            raise CannotConnect("topics cannot be subscribed to")

    async def close(self) -> None:
        """Send the queued messages, if the broker takes them soon, and disconnect."""
        if self._task is not None:
            try:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(CLOSE_SECONDS), self._settled:
                        await self._settled.wait_for(lambda: not (self.connected and self._queue))
            finally:
                self._task.cancel()
                await asyncio.wait([self._task])  # it ends by itself if this is cancelled

    def publish(self, topic: str, payload: bytes) -> None:
        """Queue a message; it is dropped while the broker is unavailable or too many wait."""
        full = len(self._queue) >= QUEUED or self._queued_bytes + len(payload) > QUEUED_BYTES
        if full or not self.connected:
            self._drop(1)
            return
        self._queue.append((topic, payload))
        self._queued_bytes += len(payload)
        self._work.set()

    def subscribe(self, topic: str) -> None:
        self._wanted.add(topic)
        self._change(topic)

    def unsubscribe(self, topic: str) -> None:
        self._wanted.discard(topic)
        self._awaited.discard(topic)
        self._change(topic)

    async def subscribed(self, topic: str) -> None:
        """Wait until a topic is subscribed to, or the broker is unavailable.

        If this takes too long, `late` is called once the topic is subscribed to.
        """

        def settled() -> bool:
            return not self._lacks(topic) or not self.connected

        if not settled():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SUBSCRIBED_SECONDS), self._settled:
                    await self._settled.wait_for(settled)
        if self._lacks(topic):
            self._awaited.add(topic)

    def _lacks(self, topic: str) -> bool:
        return topic in self._wanted and topic not in self._active

    def _change(self, topic: str) -> None:
        self._changed.add(topic)
        self._work.set()

    def _drop(self, count: int) -> None:
        self._dropped = True
        metrics.BUS_DROPPED.inc(count)

    async def _connected(self) -> Channel:
        async with asyncio.timeout(CONNECT_SECONDS):
            channel = await self._connect(self._receive)
            abort_if_cancelled(channel)
        return channel

    async def _run(self, channel: Channel | None) -> None:
        again = False
        pause = FIRST_PAUSE
        while True:
            try:
                channel = channel or await self._connected()
                await self._use(channel, again=again)
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - of each driver
                raise_if_cancelled(error)
                if self.connected or not again:
                    log.warning("the bus is unavailable: %s", reason(error))
                pause = FIRST_PAUSE if self.connected else min(2 * pause, LONGEST_PAUSE)
            finally:
                await self._disconnected(channel)
            channel, again = None, True
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret

    async def _use(self, channel: Channel, *, again: bool) -> None:
        """Work with a channel until it breaks; always raises."""
        listening = asyncio.create_task(channel.listen())
        pumping = asyncio.create_task(self._pump(channel, again=again))
        try:
            await asyncio.wait((listening, pumping), return_when=asyncio.FIRST_COMPLETED)
            for task in (listening, pumping):
                if task.done():
                    task.result()
            raise ConnectionError("the broker has closed the connection")
        finally:
            await end(listening, pumping)

    async def _pump(self, channel: Channel, *, again: bool) -> None:
        self._active.clear()
        self._changed = set(self._wanted)
        await self._subscribe(channel)
        await self._note_connected()
        if again:
            log.warning("the bus is available again")
            dropped, self._dropped = self._dropped, False
            self._recovered(dropped=dropped)
        while True:
            await self._work.wait()
            self._work.clear()
            await self._subscribe(channel)
            while self._queue:
                await self._publish(channel)
            if self._dropped:  # more waited than there was room for
                self._dropped = False
                self._recovered(dropped=True)
            await self._tell_waiting()

    async def _note_connected(self) -> None:
        self.connected = True
        metrics.BUS_CONNECTED.set(1)
        await self._tell_waiting()

    async def _tell_waiting(self) -> None:
        async with self._settled:
            self._settled.notify_all()

    async def _subscribe(self, channel: Channel) -> None:
        """Bring the channel's subscriptions in line with the wanted topics."""
        changed, self._changed = self._changed, set()
        old = [topic for topic in changed if topic in self._active and topic not in self._wanted]
        new = [topic for topic in changed if self._lacks(topic)]
        if old:
            self._active.difference_update(old)
            await channel.unsubscribe(old)
        for start in range(0, len(new), BATCH):
            part = new[start : start + BATCH]
            await channel.subscribe(part)
            await self._note_subscribed(part)

    async def _note_subscribed(self, topics: Sequence[str]) -> None:
        self._active.update(topics)
        for topic in topics:
            if topic not in self._wanted:
                self._change(topic)
        late = self._awaited.intersection(topics)
        self._awaited -= late
        for topic in late:
            self._late(topic)
        await self._tell_waiting()

    async def _publish(self, channel: Channel) -> None:
        batch = self._queue[:BATCH]
        del self._queue[:BATCH]
        self._queued_bytes -= sum(len(payload) for _, payload in batch)
        try:
            await channel.publish(batch)
        except BaseException:
            self._drop(len(batch))
            raise
        metrics.BUS_SENT.inc(len(batch))

    async def _disconnected(self, channel: Channel | None) -> None:
        self.connected = False
        metrics.BUS_CONNECTED.set(0)
        if self._queue:
            self._drop(len(self._queue))
            self._queue.clear()
            self._queued_bytes = 0
        try:
            await self._tell_waiting()
            if channel is not None:
                await close_in_time(channel)
        finally:
            if channel is not None:
                channel.abort()
