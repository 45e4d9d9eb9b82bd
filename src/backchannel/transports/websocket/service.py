"""The shared state of all WebSockets of a process: limits, the loop's turn, pings."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import count
from typing import Protocol

from backchannel.budgets.held import HeldBytes
from backchannel.budgets.rates import RateBudget
from backchannel.transports.deadlines import AT_ONCE
from backchannel.transports.http.hosts import Hosts
from backchannel.transports.http.limits import Caps, Network
from backchannel.transports.websocket.deflate import Compression, Deflate
from backchannel.transports.websocket.endpoint import Endpoint, Limits

_TICKS = 16  # per interval or timeout, whichever is shorter

READ_BURST = 4
"""Seconds of the read rate that one user's sockets may send at once."""


class Flushable(Protocol):
    def flush(self) -> None: ...


class Turn:
    """The sockets that have something to send when the loop's turn ends."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[Flushable] = []

    def schedule(self, socket: Flushable) -> None:
        """Flush `socket` once everything that is ready to run now has run."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._end)
        self._waiting.append(socket)

    def _end(self) -> None:
        waiting, self._waiting = self._waiting, []
        for socket in waiting:
            socket.flush()


class PingedSocket(Protocol):
    """A socket as the sweep sees it."""

    heard_at: int
    """`Keepalive.now` when bytes last came from the peer."""

    def ping(self) -> None: ...

    def presume_dead(self) -> None:
        """Called when the peer has not said anything since a ping, for the whole timeout."""
        ...


class Keepalive:
    """A wheel of sockets, one slot per tick of the ping interval.

    Each tick pings the sockets of one slot and checks those that were pinged `timeout` ago. A peer
    that dies is noticed within interval + timeout, give or take a tick. A socket needs no timer,
    only a place in a set.
    """

    __slots__ = ("_next_slot", "_size", "_tick", "_timeout", "_timer", "_wheel", "now")

    def __init__(self, interval: float, timeout: float) -> None:
        self._tick = min(interval, timeout) / _TICKS
        self._size = max(1, round(interval / self._tick))
        self._timeout = max(1, round(timeout / self._tick))
        self._wheel: list[set[PingedSocket]] = [set() for _ in range(self._size)]
        self._next_slot = count()
        self._timer: asyncio.TimerHandle | None = None
        self.now = 0

    def watch(self, peer: PingedSocket) -> int:
        """Start to ping `peer`; returns the slot, which `forget` needs."""
        slot = next(self._next_slot) % self._size
        self._wheel[slot].add(peer)
        if self._timer is None:
            self._arm()
        return slot

    def forget(self, peer: PingedSocket, slot: int) -> None:
        self._wheel[slot].discard(peer)

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._tick, self._sweep)

    def _sweep(self) -> None:
        self.now += 1
        pinged_at = self.now - self._timeout
        checked, due = self._wheel[pinged_at % self._size], self._wheel[self.now % self._size]

        def presume_dead(peer: PingedSocket) -> None:
            if peer.heard_at < pinged_at:  # not heard since, either
                peer.presume_dead()

        silent = [peer for peer in checked if peer.heard_at < pinged_at]
        _in_turns(silent, checked, presume_dead)
        _in_turns([*due], due, lambda peer: peer.ping())
        if any(self._wheel):
            self._arm()
        else:
            self._timer = None


def _in_turns(
    remaining: list[PingedSocket], watched: set[PingedSocket], act: Callable[[PingedSocket], None]
) -> None:
    """Do something with peers that are still watched, few in a row: others come in between."""
    for _ in range(min(AT_ONCE, len(remaining))):
        peer = remaining.pop()
        if peer in watched:
            act(peer)
    if remaining:
        asyncio.get_running_loop().call_soon(_in_turns, remaining, watched, act)


class Service:
    """The endpoints, the rules for connecting clients, and the shared parts."""

    __slots__ = (
        "caps",
        "compression",
        "endpoints",
        "held_before_login",
        "hosts",
        "keepalive",
        "limits",
        "origins",
        "reading",
        "trusted_proxies",
        "turn",
    )

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        limits: Limits,
        *,
        hosts: Hosts,
        origins: Collection[str] = (),
        held_before_login: HeldBytes,
        deflate: Deflate | None = None,
        trusted_proxies: Sequence[Network] = (),
    ) -> None:
        self.endpoints = endpoints
        self.limits = limits
        self.held_before_login = held_before_login
        self.hosts = hosts
        self.origins = frozenset(origins)
        self.compression = None if deflate is None else Compression(deflate)
        self.trusted_proxies = trusted_proxies
        self.caps = Caps(limits.sockets, limits.sockets_per_address)
        self.keepalive = Keepalive(limits.ping_interval, limits.ping_timeout)
        self.turn = Turn()
        self.reading = RateBudget(limits.read_rate, READ_BURST * limits.read_rate)
