"""Topics of the bus over one topic of Kafka, with a partition for each node.

Partition 0 carries the heartbeats. Each channel reads it and one more partition, to which the
others write the messages of the topics that it has announced, so that a message costs one record
for each node that subscribes to its topic, however many nodes there are.
"""

import asyncio
import contextlib
import random
import secrets
from collections.abc import Callable, Iterator, Sequence
from itertools import count

from backchannel.brokers.drivers import end
from backchannel.brokers.kafka.clients import aborted_on_failure
from backchannel.brokers.kafka.records import (
    Ask,
    Body,
    Codec,
    Data,
    Done,
    Heartbeat,
    Record,
    RemoteChannel,
    Unwant,
    Want,
    digests,
)
from backchannel.brokers.kafka.routes import Routes
from backchannel.brokers.kafka.session import CONTROL, KafkaSession
from backchannel.brokers.link import Connect, Message, Receive

BEAT_SECONDS = 3.0
LATE_SECONDS = 10.0
"""Seconds after which the channel is broken if a heartbeat was not sent, or is not back.

Less than the time after which the others forget a silent channel.
"""
PROBE_SECONDS = 1.0
"""Seconds between two checks that the broker is there."""
ANSWER_SECONDS = 1.0
"""Seconds to wait for the answers of other channels."""
LEAVE_SECONDS = 0.3
EVERYBODY = ""
LARGEST_WANT = 4_096
"""Most topics in one record."""
TURN = 64
"""Records handled in a row before other tasks run: thousands may arrive at once."""


class KafkaChannel:
    """Implements `link.Channel`."""

    def __init__(self, session: KafkaSession, codec: Codec, receive: Receive) -> None:
        self._session = session
        self._codec = codec
        self._receive = receive
        self._routes = Routes()
        self._topics: set[str] = set()
        self._name = secrets.token_hex(4)
        self._self = RemoteChannel(self._name, CONTROL)
        self._numbers = count(1)
        self._waiting: dict[int, set[RemoteChannel]] = {}
        """The channels that have not yet answered the `Want` of a number."""
        self._late: set[RemoteChannel] = set()
        """Channels that did not answer in time: messages that they sent meanwhile are lost."""
        self._replies: list[tuple[RemoteChannel, Body]] = []
        self._changed = asyncio.Condition()
        self._returned = 0.0
        """When the last beat of this channel came back, on the loop's clock."""
        self._tasks: list[asyncio.Task[None]] = []

    async def join(self) -> "KafkaChannel":
        """Read which channels exist, choose a partition, and wait for the topics of the others."""
        await self._session.open()
        for record in await self._session.backlog():
            self._take(record)
        possible = range(CONTROL + 1, self._session.partitions)
        free = [each for each in possible if each not in self._routes.partitions]
        own = random.choice(free or possible)  # noqa: S311 - no secret
        self._self = RemoteChannel(self._name, own)
        await self._session.read(own)
        self._tasks.append(asyncio.create_task(self._read()))
        await self._send(CONTROL, EVERYBODY, Heartbeat())
        await self._until(lambda: self._returned > 0)  # all earlier channels are known now
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._until(lambda: self._routes.announced >= self._routes.peers)
        self._late.update(self._routes.peers - self._routes.announced)
        self._tasks += [asyncio.create_task(self._beat()), asyncio.create_task(self._probe())]
        return self

    async def subscribe(self, topics: Sequence[str]) -> None:
        self._topics.update(topics)
        number = next(self._numbers)
        waiting = self._waiting[number] = set(self._routes.peers)
        want = Want(number, digests(topics))
        await self._send_all(want)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._until(lambda: waiting.isdisjoint(self._routes.peers - self._late))
        except TimeoutError:
            self._late |= waiting & self._routes.peers
        finally:
            del self._waiting[number]

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        self._topics.difference_update(topics)
        await self._send_all(Unwant(digests(topics)))

    async def publish(self, messages: Sequence[Message]) -> None:
        await self._session.write(
            (peer.partition, self._record(peer.name, Data(topic, payload)))
            for topic, payload in messages
            for peer in self._routes.of(topic)
        )

    async def listen(self) -> None:
        """Notice that the channel is broken; records are passed to `_take`."""
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in self._tasks:
            if task.done():
                task.result()

    async def close(self) -> None:
        working = bool(self._tasks) and not any(task.done() for task in self._tasks)
        await end(*self._tasks)
        if working:
            with contextlib.suppress(Exception):  # the broker may be shutting down
                async with asyncio.timeout(LEAVE_SECONDS):
                    await self._send(CONTROL, EVERYBODY, Heartbeat(leaving=True))
        await self._session.close()

    def abort(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._session.abort()

    async def _read(self) -> None:
        while True:
            for number, record in enumerate(await self._session.next(), start=1):
                self._take(record)
                if number % TURN == 0:
                    await asyncio.sleep(0)
            await self._answer()
            async with self._changed:
                self._changed.notify_all()

    async def _beat(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            before = clock()
            await asyncio.sleep(BEAT_SECONDS)
            now = clock()
            if now - before > LATE_SECONDS or now - self._returned > LATE_SECONDS:
                raise ConnectionError("the broker does not answer, or this process was stopped")
            self._routes.expire(now)
            self._late.intersection_update(self._routes.peers)
            await self._send(CONTROL, EVERYBODY, Heartbeat())

    async def _probe(self) -> None:
        while True:
            await self._session.check()
            await asyncio.sleep(PROBE_SECONDS)

    def _take(self, value: bytes | None) -> None:
        """Apply a record; answers to it wait in `_replies`."""
        record = self._codec.decode(value)
        if record is None or record.to not in (EVERYBODY, self._name):
            return
        peer, now = record.sender, asyncio.get_running_loop().time()
        if peer.name == self._name:
            self._returned = now
        elif isinstance(record.body, Heartbeat) and record.body.leaving:
            self._routes.forget(peer)
        else:
            if self._routes.note(peer, now):
                self._replies.append((peer, Ask()))
            self._heed(peer, record.body)

    def _heed(self, peer: RemoteChannel, body: Body) -> None:
        match body:
            case Data(topic, payload):
                if topic in self._topics:
                    self._receive(topic, payload)
            case Want(number, wanted, whole):
                self._routes.want(peer, wanted, whole=whole)
                self._replies.append((peer, Done(number)))
            case Unwant(unwanted):
                self._routes.unwant(peer, unwanted)
            case Done(number):
                self._waiting.get(number, set()).discard(peer)
                if peer in self._late:
                    raise ConnectionError("another node was late, so something may be missing")
            case Ask():
                self._replies += ((peer, want) for want in self._wants())
            case Heartbeat():
                pass  # `_take` has noted the heartbeat.

    def _wants(self) -> Iterator[Want]:
        """All topics that this channel subscribes to, in parts."""
        topics = list(self._topics)
        for start in range(0, max(1, len(topics)), LARGEST_WANT):
            part = digests(topics[start : start + LARGEST_WANT])
            yield Want(next(self._numbers), part, whole=start == 0)

    async def _answer(self) -> None:
        replies, self._replies = self._replies, []
        await self._session.write(
            (peer.partition, self._record(peer.name, body)) for peer, body in replies
        )

    async def _send_all(self, body: Body) -> None:
        await self._session.write(
            (peer.partition, self._record(peer.name, body)) for peer in self._routes.peers
        )

    async def _send(self, partition: int, to: str, body: Body) -> None:
        await self._session.write([(partition, self._record(to, body))])

    def _record(self, to: str, body: Body) -> bytes:
        return self._codec.encode(Record(to, self._self, body))

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with self._changed:
            await self._changed.wait_for(condition)


def kafka_connect(url: str, prefix: str, key: bytes) -> Connect:
    """Connect to `kafka://` or `kafka+ssl://`; `prefix` is the name of the topic.

    Channels with the same `key`, of 64 bytes at most, trust each other.
    Raises `CannotConnect` if the driver is not installed.
    """
    topic = prefix.rstrip(":").replace(":", ".")
    KafkaSession(url, topic)  # raises if they cannot work

    async def connect(receive: Receive) -> KafkaChannel:
        channel = KafkaChannel(KafkaSession(url, topic), Codec(key), receive)
        async with aborted_on_failure(channel):
            return await channel.join()

    return connect
