"""Rule R16 without sockets: the times of pings and timeouts."""

import asyncio
from itertools import pairwise

import pytest

from backchannel.transports.deadlines import AT_ONCE
from backchannel.transports.websocket.service import Keepalive


class Peer:
    def __init__(self, keepalive: Keepalive) -> None:
        self.keepalive = keepalive
        self.heard_at = keepalive.now
        self.pings: list[int] = []
        self.dead_at: int | None = None
        self.answers = True
        self.slot = keepalive.watch(self)

    def ping(self) -> None:
        self.pings.append(self.keepalive.now)
        if self.answers:
            self.heard_at = self.keepalive.now

    def presume_dead(self) -> None:
        self.dead_at = self.dead_at or self.keepalive.now
        self.keepalive.forget(self, self.slot)


class ByHand(Keepalive):
    """A keepalive whose time is set by the test."""

    def _arm(self) -> None:
        self._timer = None


@pytest.mark.parametrize(
    ("interval", "timeout"), [(20, 20), (20, 5), (5, 20), (25, 20), (1, 0.9), (7, 50)]
)
def test_R16_dead_peers_are_noticed_within_interval_and_timeout(
    interval: float, timeout: float
) -> None:
    keepalive = ByHand(interval, timeout)
    tick = min(interval, timeout) / 16
    peers = [Peer(keepalive) for _ in range(40)]
    for number in range(1, int(30 * (interval + timeout) / tick)):
        keepalive._sweep()
        if number == int(5 * interval / tick):
            for peer in peers[::2]:
                peer.answers = False
    for peer in peers[1::2]:
        assert peer.dead_at is None
        gaps = {later - earlier for earlier, later in pairwise(peer.pings)}
        assert gaps == {round(interval / tick)}
    for peer in peers[::2]:
        assert peer.dead_at is not None
        silent = (peer.dead_at - peer.heard_at) * tick
        assert timeout <= silent <= interval + timeout + tick


async def test_R16_a_peer_that_answers_before_its_turn_is_not_dropped() -> None:
    keepalive = ByHand(20, 20)
    peers = [Peer(keepalive) for _ in range(16 * 2 * AT_ONCE)]
    for peer in peers:
        peer.answers = False
    while all(peer.dead_at is None for peer in peers):
        keepalive._sweep()
    slots = {peer.slot for peer in peers if peer.dead_at is not None}
    waiting = [peer for peer in peers if peer.slot in slots and peer.dead_at is None]
    assert len(waiting) == AT_ONCE
    heard, silent = waiting[: AT_ONCE // 2], waiting[AT_ONCE // 2 :]
    for peer in heard:
        peer.heard_at = keepalive.now
    await asyncio.sleep(0.01)
    assert all(peer.dead_at is None for peer in heard)
    assert all(peer.dead_at is not None for peer in silent)


def test_pings_are_spread_over_the_interval() -> None:
    keepalive = ByHand(20, 20)
    peers = [Peer(keepalive) for _ in range(160)]
    for _ in range(16):
        keepalive._sweep()
    assert [sum(peer.pings == [tick] for peer in peers) for tick in range(1, 17)] == [10] * 16


async def test_the_sweep_stops_with_the_last_connection() -> None:
    keepalive = Keepalive(0.02, 0.02)
    peer = Peer(keepalive)
    keepalive.forget(peer, peer.slot)
    await asyncio.sleep(0.01)
    now = keepalive.now
    await asyncio.sleep(0.02)
    assert keepalive.now == now
    assert Peer(keepalive).slot == peer.slot + 1
    await asyncio.sleep(0.01)
    assert keepalive.now > now
