"""A queue that is fair between keys and bounded in bytes."""

import contextlib
import threading
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.budgets import queue as queue_module
from backchannel.budgets.queue import FairQueue
from backchannel.domain.errors import Overloaded


@pytest.fixture(autouse=True)
def _one_item_in_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "QUANTUM", 1)


def _queue() -> FairQueue[str]:
    return FairQueue(bytes_per_key=100, bytes_in_all=250)


def test_items_are_taken_round_robin_and_in_order_within_a_key() -> None:
    queue = _queue()
    for item in ("ada 1", "ada 2", "ada 3", "bob 1", "eve 1", "bob 2"):
        queue.put(item[:3], item, 1)
    assert queue.take(4, 100) == ["ada 1", "bob 1", "eve 1", "ada 2"]
    queue.put("dan", "dan 1", 1)
    assert queue.take(10, 100) == ["bob 2", "ada 3", "dan 1"]
    assert queue.take(10, 100) == []


def test_small_items_share_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "QUANTUM", 10)
    queue = _queue()
    for item in ("ada 1", "ada 2", "ada 3", "bob 1", "bob 2"):
        queue.put(item[:3], item, 5 if item.startswith("ada") else 30)
    assert queue.take(9, 1_000) == ["ada 1", "ada 2", "bob 1", "ada 3", "bob 2"]


def test_a_batch_is_bounded_in_bytes_and_never_empty() -> None:
    queue = _queue()
    for item in ("ada 1", "ada 2", "bob 1"):
        queue.put(item[:3], item, 60 if item == "bob 1" else 40)
    assert queue.take(10, 90) == ["ada 1"]
    assert queue.take(10, 10) == ["bob 1"]
    assert queue.take(10, 10) == ["ada 2"]


def test_a_key_is_bounded_in_bytes() -> None:
    queue = _queue()
    queue.put("ada", "half", 50)
    queue.put("ada", "half", 50)
    with pytest.raises(Overloaded):
        queue.put("ada", "more", 1)
    queue.take(1, 100)
    queue.put("ada", "room again", 50)


def test_all_keys_together_are_bounded_in_bytes_and_taking_frees_space() -> None:
    queue = _queue()
    for key in ("ada", "bob"):
        queue.put(key, "all of it", 100)
    queue.put("eve", "the rest", 50)
    with pytest.raises(Overloaded) as refusal:
        queue.put("eve", "one more", 1)
    assert refusal.value.retry_after
    queue.put("dan", "a first one", 100)  # a new key has room even so
    with pytest.raises(Overloaded):
        queue.put("dan", "one more", 1)
    queue.put("fay", "a first one", 100)
    with pytest.raises(Overloaded):
        queue.put("gus", "twice the bound", 51)
    assert len(queue.take(10, 1_000)) == 5
    for key in ("ada", "bob"):
        queue.put(key, "all of it", 100)


def _fill(queue: FairQueue[str], *keys: str) -> dict[str, int]:
    """Put items until each key is refused; return the bytes that each then holds."""
    for key in keys * 1_000:
        with contextlib.suppress(Overloaded):
            queue.put(key, "item", 1)
    return {key: share.size for key, share in queue._shares.items()}


def test_busy_keys_come_to_equal_shares_however_early_one_was() -> None:
    queue: FairQueue[str] = FairQueue(bytes_per_key=1_000, bytes_in_all=900)
    assert _fill(queue, "ada") == {"ada": 450}
    for _ in range(50):
        queue.take(90, 900)
        shares = _fill(queue, "ada", "bob")
    assert shares["ada"] + shares["bob"] >= 600
    assert abs(shares["ada"] - shares["bob"]) <= 1


def test_retry_after_is_the_time_until_half_of_the_items_are_taken() -> None:
    now = 100.0
    queue: FairQueue[str] = FairQueue(bytes_per_key=100, bytes_in_all=300, clock=lambda: now)

    def wait() -> float:
        with pytest.raises(Overloaded) as refusal:
            queue.put("ada", "too much", 101)
        return refusal.value.retry_after or 0.0

    for _ in range(60):
        queue.put("ada", "item", 1)
    queue.take(10, 100)
    now += 1.0
    queue.take(10, 100)  # ten in a second: 40 are left
    assert wait() == pytest.approx(2.0)
    for _ in range(9):
        now += 0.1
        queue.put("ada", "item", 1)
        queue.take(4, 100)  # faster now
    assert 0.02 < wait() < 1.0
    now += 1.5
    assert wait() == pytest.approx(1.5)  # nothing has moved since
    now += 10.0
    assert wait() == queue_module.LONGEST_WAIT


@given(
    puts=st.lists(st.tuples(st.sampled_from("abcde"), st.integers(1, 40)), max_size=60),
    items=st.integers(1, 20),
    size=st.integers(1, 100),
)
def test_every_item_is_taken_once_and_in_order(
    puts: list[tuple[str, int]], items: int, size: int
) -> None:
    queue: FairQueue[tuple[str, int]] = FairQueue(bytes_per_key=200, bytes_in_all=500)
    accepted: list[tuple[str, int]] = []
    for number, (key, cost) in enumerate(puts):
        try:
            queue.put(key, (key, number), cost)
        except Overloaded:
            continue
        accepted.append((key, number))
    taken: list[tuple[str, int]] = []
    while batch := queue.take(items, size):
        taken += batch
    for key in "abcde":
        assert [each for each in taken if each[0] == key] == [
            each for each in accepted if each[0] == key
        ]
    assert len(taken) == len(accepted)
    assert (len(queue), queue._bytes, queue._shares) == (0, 0, {})


def test_one_thread_may_put_while_another_takes() -> None:
    queue: FairQueue[tuple[str, int]] = FairQueue(bytes_per_key=10_000, bytes_in_all=100_000)

    def fill() -> None:
        for number in range(5_000):
            queue.put(f"key {number % 7}", (f"key {number % 7}", number), 1)

    filling = threading.Thread(target=fill)
    filling.start()
    taken: list[tuple[str, int]] = []
    while filling.is_alive() or len(queue):
        taken += queue.take(50, 1_000)
    filling.join()
    assert Counter(number for _, number in taken) == Counter(range(5_000))
    for key in {key for key, _ in taken}:
        numbers = [number for each, number in taken if each == key]
        assert numbers == sorted(numbers)
