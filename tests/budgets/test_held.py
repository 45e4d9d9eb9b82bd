"""Bytes held for all unauthenticated peers have one limit (R13, S18)."""

from backchannel.budgets.held import PER_HOLDER, HeldBytes


class Peer:
    """A peer that records that it was dropped."""

    def __init__(self) -> None:
        self.gone = False

    def give_up(self) -> None:
        self.gone = True


def test_S18_the_peer_that_has_held_bytes_for_longest_is_dropped() -> None:
    held = HeldBytes(100 + 2 * PER_HOLDER)
    first, second, third = Peer(), Peer(), Peer()
    held.hold(first, 10)
    held.hold(second, 80)
    held.hold(first, 20)  # it is still the peer that has held bytes for longest
    assert not first.gone
    held.hold(third, 10)
    assert (first.gone, second.gone, third.gone) == (True, False, False)
    assert held.total == 90 + 2 * PER_HOLDER


def test_S18_a_peer_that_has_logged_in_no_longer_counts() -> None:
    held = HeldBytes(100 + PER_HOLDER)
    first, second = Peer(), Peer()
    held.hold(first, 100)
    held.hold(first, 0)
    held.hold(second, 100)
    held.hold(first, 0)
    assert (first.gone, second.gone, held.total) == (False, False, 100 + PER_HOLDER)


def test_S18_a_peer_that_exceeds_the_whole_budget_is_dropped() -> None:
    held = HeldBytes(100 + PER_HOLDER)
    peer = Peer()
    held.hold(peer, 101)
    assert (peer.gone, held.total) == (True, 0)


def test_S18_each_peer_counts_with_its_overhead() -> None:
    held = HeldBytes(3 * PER_HOLDER)
    peers = [Peer() for _ in range(4)]
    for peer in peers:
        held.hold(peer, 1)
    assert [peer.gone for peer in peers] == [True, True, False, False]
