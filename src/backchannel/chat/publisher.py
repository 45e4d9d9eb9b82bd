"""The publisher: replies and events leave in the order of their commits."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from backchannel.domain.events import Event
from backchannel.ports.bus import Bus

TURN = 512
"""Replies in one turn of the event loop, about three milliseconds of work."""

T = TypeVar("T")
Reply = tuple[Callable[[T], object], T, Sequence[Event]]
"""A callable with its argument, and the events that are published after the call."""

log = logging.getLogger(__name__)


class Publisher:
    """Hands the events of each commit to the bus, in order, a few in each turn of the event loop.

    A device that is offered an event before the one that precedes it has to read the log.
    Therefore, while the replies of a batch of messages go out, the events of later commits wait.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._waiting: deque[Reply[Any]] = deque()

    def publish(self, events: Sequence[Event]) -> None:
        """Publish the events of a commit after those of earlier ones."""
        if self._waiting:
            self._waiting.append((self._bus.publish, events, ()))
        else:
            self._bus.publish(events)

    async def publish_replies(self, replies: Iterable[Reply[T]]) -> None:
        """Give each reply, then publish its events; return when that is done.

        A reply that fails is logged, and its events are not published.
        """
        idle = not self._waiting
        self._waiting.extend(replies)
        if idle:
            self._take_turn()
        if self._waiting:
            done = asyncio.Event()
            self._waiting.append((asyncio.Event.set, done, ()))
            await done.wait()

    def _take_turn(self) -> None:
        waiting, publish = self._waiting, self._bus.publish
        for _ in range(min(TURN, len(waiting))):
            reply, outcome, events = waiting[0]
            try:
                reply(outcome)
                if events:
                    publish(events)
            except Exception:
                log.exception("a reply failed")
            waiting.popleft()  # only now: events that the reply publishes come after its own
        if waiting:
            asyncio.get_running_loop().call_soon(self._take_turn)
