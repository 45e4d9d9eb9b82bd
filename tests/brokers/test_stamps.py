"""Stamps of envelopes: each is accepted once, near its time, and in any order."""

import random

import pytest

from backchannel.brokers.stamps import (
    TOLERANCE,
    WINDOW,
    Replayed,
    Stamper,
    Stamps,
    TooLate,
    WrongTime,
)

NOW = 1_800_000_000_000_000


def test_stamps_increase_even_if_the_clock_stops_or_goes_back() -> None:
    times = iter([NOW, NOW, NOW - 5, NOW + 7])
    stamper = Stamper(lambda: next(times))
    assert [stamper() for _ in range(4)] == [NOW, NOW + 1, NOW + 2, NOW + 7]


def test_S19_each_stamp_of_a_node_is_accepted_once_in_any_order() -> None:
    stamps = Stamps(lambda: NOW)
    order = list(range(NOW, NOW + WINDOW))
    random.Random(7).shuffle(order)
    for stamp in order:
        stamps.accept("ada", stamp)
    for stamp in order:
        with pytest.raises(Replayed):
            stamps.accept("ada", stamp)
    stamps.accept("bob", NOW)


def test_S19_a_stamp_older_than_the_window_is_refused() -> None:
    stamps = Stamps(lambda: NOW)
    for stamp in range(NOW, NOW + 3 * WINDOW):
        stamps.accept("ada", stamp)
    for stamp in (NOW - 1, NOW, NOW + WINDOW):
        with pytest.raises(TooLate):
            stamps.accept("ada", stamp)
    with pytest.raises(Replayed):
        stamps.accept("ada", NOW + 3 * WINDOW - 1)


@pytest.mark.parametrize("distance", [-TOLERANCE - 1, TOLERANCE + 1])
def test_S19_a_stamp_far_from_the_time_is_refused(distance: int) -> None:
    stamps = Stamps(lambda: NOW)
    stamps.accept("ada", NOW)
    for node in ("ada", "a node that is not known"):
        with pytest.raises(WrongTime):
            stamps.accept(node, NOW + distance)


def test_S19_old_messages_of_a_removed_node_are_refused() -> None:
    now = NOW
    stamps = Stamps(lambda: now)
    stamps.accept("ada", NOW)
    now += 2 * TOLERANCE
    stamps.accept("bob", now)
    assert list(stamps._senders) == ["bob"]
    with pytest.raises(WrongTime):
        stamps.accept("ada", NOW)
