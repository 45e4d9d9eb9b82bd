"""A bus that loses, repeats, delays and reorders wake-ups, which must be harmless (R15, R17)."""

import asyncio
from collections.abc import Sequence
from random import Random

from backchannel.brokers.in_process import InProcessBus
from backchannel.domain.events import Event


class UnreliableBus(InProcessBus):
    """`trouble` is the probability that a wake-up is disturbed."""

    def __init__(self, rng: Random, trouble: float) -> None:
        super().__init__()
        self._rng = rng
        self.trouble = trouble

    def publish(self, events: Sequence[Event]) -> None:
        if self._rng.random() >= self.trouble:
            super().publish(events)
            return
        loop = asyncio.get_running_loop()
        for _ in range(self._rng.randint(0, 2)):
            loop.call_later(self._rng.random(), super().publish, events)
