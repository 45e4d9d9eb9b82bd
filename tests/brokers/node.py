"""A node of a bus that records everything it receives."""

import asyncio
from collections.abc import Callable

from backchannel.brokers.shared import SharedBus
from backchannel.domain.events import Event, EventKind, EventPayload
from backchannel.domain.messages import Message
from backchannel.domain.signals import Notice, Signal
from tests.brokers.conftest import ProxiedBroker

ADA, BOB = "0198a7c0-0000-7000-8000-00000000000a", "0198a7c0-0000-7000-8000-00000000000b"
FAR = 60.0
"""Seconds in which something must arrive, also on a busy machine."""
QUIET = 0.3
"""Seconds in which something that must not arrive would have."""


class Node:
    """A bus and everything received from it."""

    def __init__(self, bus: SharedBus) -> None:
        self.bus = bus
        self.events: list[Event] = []
        self.signals: list[Signal] = []
        self.ended: list[str] = []
        self.notices: list[tuple[Notice, str]] = []
        self.losses: list[str | None] = []
        bus.listen(self.events.extend)
        bus.listen_signals(self.signals.append)
        bus.listen_ended(self.ended.extend)
        bus.listen_notices(lambda notice, sender: self.notices.append((notice, sender)))
        bus.listen_losses(self.losses.append)

    async def follow(self, user_id: str) -> None:
        self.bus.follow(user_id)
        await self.bus.subscribed(user_id)


async def pair(broker: ProxiedBroker) -> tuple[Node, Node]:
    return Node(await broker.join()), Node(await broker.join())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(FAR):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.005)


def message(body: str, position: int = 1, user_id: str = ADA) -> Event:
    stored = Message("chat", position, f"id{position}", BOB, ADA, "key", "text", body, 17)
    return Event(user_id, position, EventPayload(EventKind.MESSAGE, stored))
