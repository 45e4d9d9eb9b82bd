"""The nodes that share a bus: the ones that are alive, and the leader among them."""

import asyncio
from collections.abc import Callable

from backchannel.domain.signals import Alive, Leaving, Notice
from backchannel.ports.bus import Bus
from backchannel.ports.security import Clock

BEAT = 10.0
"""Seconds between two notices that this node is alive."""
LIFE = 30.0
"""Seconds without a notice after which another node counts as dead."""
SETTLING = 2.0
"""Seconds after the start until this node has heard of all others."""
TICK = 1.0


class Nodes:
    """Knows the other nodes by their notices.

    While the bus is unavailable none of them counts as dead, as no notices arrive.
    """

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._heard: dict[str, float] = {}
        self._listeners: list[Callable[[str], None]] = []
        self._began = clock.monotonic()
        bus.listen_notices(self._hear)
        bus.listen_losses(self._grant_time)

    def listen_gone(self, listener: Callable[[str], None]) -> None:
        """Call `listener` with the id of each node that has ended or counts as dead."""
        self._listeners.append(listener)

    def knows(self, node_id: str) -> bool:
        """True for another node that has sent a notice recently."""
        return node_id in self._heard

    @property
    def is_leader(self) -> bool:
        """True in one of the nodes, which does the work that must be done only once.

        For a moment it may be true in two, or in none.
        """
        if not self._bus.shared:
            return True
        settled = self._clock.monotonic() - self._began >= SETTLING
        return settled and all(self._bus.node_id < each for each in self._heard)

    async def run(self) -> None:
        """Tell the others that this node is alive, until cancelled."""
        self._bus.notify(Alive(fresh=True))
        told_at = self._clock.monotonic()
        while True:
            await asyncio.sleep(TICK)
            now = self._clock.monotonic()
            if now - told_at >= BEAT:
                self._bus.notify(Alive())
                told_at = now
            if self._bus.connected:
                self._look_for_dead(now)

    def leave(self) -> None:
        """Tell the others that this node ends."""
        self._bus.notify(Leaving())

    def _hear(self, notice: Notice, node_id: str) -> None:
        if isinstance(notice, Leaving):
            self._forget(node_id)
            return
        self._heard[node_id] = self._clock.monotonic()
        if isinstance(notice, Alive) and notice.fresh:
            self._bus.notify(Alive())

    def _grant_time(self, user_id: str | None) -> None:
        """After an outage of the bus, give each node time to be heard again."""
        if user_id is None:
            self._heard = dict.fromkeys(self._heard, self._clock.monotonic())
            self._bus.notify(Alive())

    def _look_for_dead(self, now: float) -> None:
        for node_id, heard_at in tuple(self._heard.items()):
            if now - heard_at > LIFE:
                self._forget(node_id)

    def _forget(self, node_id: str) -> None:
        self._heard.pop(node_id, None)
        for listener in self._listeners:
            listener(node_id)
