"""Bytes held for peers that are not known, bounded together (R13, S18)."""

from backchannel.budgets.held import HeldBytes


class Peer:
    """Notes that it was given up."""

    def __init__(self) -> None:
        self.gone = False

    def give_up(self) -> None:
        self.gone = True


def test_S18_the_one_that_has_held_something_for_longest_goes() -> None:
    held = HeldBytes(100)
    first, second, third = Peer(), Peer(), Peer()
    held.hold(first, 10)
    held.hold(second, 80)
    held.hold(first, 20)  # it has been here since before the second
    assert not first.gone
    held.hold(third, 10)
    assert (first.gone, second.gone, third.gone) == (True, False, False)
    assert held.total == 90


def test_S18_who_is_known_makes_room() -> None:
    held = HeldBytes(100)
    first, second = Peer(), Peer()
    held.hold(first, 100)
    held.hold(first, 0)
    held.hold(second, 100)
    held.hold(first, 0)
    assert (first.gone, second.gone, held.total) == (False, False, 100)


def test_S18_more_than_all_may_hold_is_no_ones() -> None:
    held = HeldBytes(100)
    peer = Peer()
    held.hold(peer, 101)
    assert (peer.gone, held.total) == (True, 0)
