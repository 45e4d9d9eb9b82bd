"""Bytes that are held in memory."""

import pytest

from backchannel.budgets.held import HeldBytes
from backchannel.domain.errors import Overloaded


def test_a_key_holds_no_more_than_its_limit_and_all_no_more_than_theirs() -> None:
    held = HeldBytes(100, 250)
    held.hold("ada", 100)
    with pytest.raises(Overloaded) as refusal:
        held.hold("ada", 1)
    assert refusal.value.retry_after
    held.hold("bob", 100)
    with pytest.raises(Overloaded):
        held.hold("eve", 60)
    held.hold("eve", 50)
    assert (held.total, held.of("ada"), held.of("nobody")) == (250, 100, 0)


def test_what_is_released_can_be_held_again() -> None:
    held = HeldBytes(100, 100)
    held.hold("ada", 60)
    held.release("ada", 60)
    with held.holding("bob", 100):
        assert held.of("bob") == 100
    with pytest.raises(ZeroDivisionError), held.holding("bob", 100):
        raise ZeroDivisionError
    assert held.total == 0
    assert not held._held
