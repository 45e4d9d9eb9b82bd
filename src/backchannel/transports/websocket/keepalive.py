"""Dead peers are noticed: one sweep of the process pings and judges every socket."""

import asyncio
from itertools import count
from typing import Protocol

_TICKS = 16  # per interval or timeout, whichever is shorter


class Peer(Protocol):
    """A socket as the sweep sees it."""

    heard_at: int
    """`Keepalive.now` when bytes last came from the peer."""

    def ping(self) -> None: ...

    def presume_dead(self) -> None:
        """Called when the peer has not said anything since a ping, for the whole timeout."""
        ...


class Keepalive:
    """A wheel of sockets, one slot per tick of the ping interval.

    Each tick pings the sockets of one slot and judges those that were pinged `timeout` ago.
    A peer that dies is noticed within interval + timeout, give or take a tick. No socket
    costs a timer: only a place in a set.
    """

    __slots__ = ("_next_slot", "_size", "_tick", "_timeout", "_timer", "_wheel", "now")

    def __init__(self, interval: float, timeout: float) -> None:
        self._tick = min(interval, timeout) / _TICKS
        self._size = max(1, round(interval / self._tick))
        self._timeout = max(1, round(timeout / self._tick))
        self._wheel: list[set[Peer]] = [set() for _ in range(self._size)]
        self._next_slot = count()
        self._timer: asyncio.TimerHandle | None = None
        self.now = 0

    def watch(self, peer: Peer) -> int:
        """Start to ping `peer`; returns the slot, which `forget` needs."""
        slot = next(self._next_slot) % self._size
        self._wheel[slot].add(peer)
        if self._timer is None:
            self._arm()
        return slot

    def forget(self, peer: Peer, slot: int) -> None:
        self._wheel[slot].discard(peer)

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._tick, self._sweep)

    def _sweep(self) -> None:
        self.now += 1
        pinged_at = self.now - self._timeout
        for peer in tuple(self._wheel[pinged_at % self._size]):
            if peer.heard_at < pinged_at:
                peer.presume_dead()
        for peer in tuple(self._wheel[self.now % self._size]):
            peer.ping()
        if any(self._wheel):
            self._arm()
        else:
            self._timer = None
