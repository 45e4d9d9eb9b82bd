"""A broker that loses, repeats, delays and reorders messages of servers, and has outages."""

import asyncio
from collections.abc import Sequence
from random import Random

from backchannel.brokers.link import Message, Receive

LATENCY = 0.01
"""Most seconds that a message takes when all is well."""
DELAY = 1.0
"""Most seconds that a message takes when it does not simply arrive."""


class Broker:
    """`trouble` is the probability that a message is disturbed (rules R15, R17)."""

    def __init__(self, rng: Random, trouble: float) -> None:
        self._rng = rng
        self._loop = asyncio.get_running_loop()
        self.trouble = trouble
        self._away = False
        self._channels: list[Channel] = []

    async def connect(self, receive: Receive) -> "Channel":
        await asyncio.sleep(LATENCY * self._rng.random())
        if self._away:
            raise ConnectionRefusedError("the broker is away")
        channel = Channel(self, receive)
        self._channels.append(channel)
        return channel

    def go(self, seconds: float) -> None:
        """Break all connections, and accept no new ones for a while."""
        self._away = True
        for channel in tuple(self._channels):
            channel.end()
        self._loop.call_later(seconds, self._return)

    def _return(self) -> None:
        self._away = False

    def forget(self, channel: "Channel") -> None:
        if channel in self._channels:
            self._channels.remove(channel)

    def carry(self, topic: str, payload: bytes) -> None:
        """Deliver a message to the channels that are subscribed to its topic when it arrives."""
        troubled = self._rng.random() < self.trouble
        for _ in range(self._rng.randint(0, 2) if troubled else 1):
            delay = (DELAY if troubled else LATENCY) * self._rng.random()
            self._loop.call_later(delay, self._arrive, topic, payload)

    def _arrive(self, topic: str, payload: bytes) -> None:
        for channel in tuple(self._channels):
            channel.take(topic, payload)


class Channel:
    """Implements `backchannel.brokers.link.Channel`."""

    def __init__(self, broker: Broker, receive: Receive) -> None:
        self._broker = broker
        self._receive = receive
        self._topics: set[str] = set()
        self._ended = asyncio.Event()

    async def subscribe(self, topics: Sequence[str]) -> None:
        await asyncio.sleep(0)
        self._topics.update(topics)

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        await asyncio.sleep(0)
        self._topics.difference_update(topics)

    async def publish(self, messages: Sequence[Message]) -> None:
        for topic, payload in messages:
            self._broker.carry(topic, payload)

    async def listen(self) -> None:
        await self._ended.wait()

    async def close(self) -> None:
        self.end()

    def abort(self) -> None:
        self.end()

    def end(self) -> None:
        """Break: nothing arrives from now on."""
        self._broker.forget(self)
        self._topics.clear()
        self._ended.set()

    def take(self, topic: str, payload: bytes) -> None:
        if topic in self._topics:
            self._receive(topic, payload)
