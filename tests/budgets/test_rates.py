"""A budget that refills with time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.budgets import rates
from backchannel.budgets.rates import RateBudget
from backchannel.domain.errors import Throttled
from tests.support.clock import ManualClock


def _budget(clock: ManualClock, rate: float = 10, burst: float = 20, size: int = 10) -> RateBudget:
    return RateBudget(rate, burst, clock=clock.monotonic, size=size)


def _spent(budget: RateBudget, key: str = "ada", tries: int = 100) -> int:
    count = 0
    for _ in range(tries):
        try:
            budget.spend(key)
        except Throttled:
            continue
        count += 1
    return count


def test_a_budget_allows_its_burst_and_then_its_rate() -> None:
    clock = ManualClock()
    budget = _budget(clock)
    assert _spent(budget) == 20
    clock.advance(1)
    assert _spent(budget) == 10
    clock.advance(3_600)
    assert _spent(budget) == 20


def test_keys_do_not_affect_each_other() -> None:
    budget = _budget(ManualClock())
    assert _spent(budget, "ada") == 20
    assert _spent(budget, "bob") == 20


@given(
    rate=st.floats(0.1, 1e4),
    burst=st.floats(1, 1e5),
    costs=st.lists(st.floats(0.1, 1e5), min_size=1, max_size=20),
)
def test_after_retry_after_the_cost_can_be_spent(
    rate: float, burst: float, costs: list[float]
) -> None:
    clock = ManualClock()
    budget = _budget(clock, rate, burst)
    budget.charge("ada", burst)
    for cost in costs:
        with pytest.raises(Throttled) as refusal:
            budget.spend("ada", cost)
        assert refusal.value.retry_after is not None
        clock.seconds += refusal.value.retry_after
        budget.spend("ada", cost)


def test_a_refused_cost_takes_nothing() -> None:
    budget = _budget(ManualClock())
    budget.spend("ada", 15)
    with pytest.raises(Throttled):
        budget.spend("ada", 10)
    budget.spend("ada", 5)


def test_a_cost_above_the_burst_delays_later_ones() -> None:
    clock = ManualClock()
    budget = _budget(clock)
    budget.spend("ada", 120)
    assert budget.wait("ada") == pytest.approx(10.1)
    clock.advance(10.2)
    budget.spend("ada")


def test_a_charge_may_exceed_the_budget_and_can_be_refunded() -> None:
    budget = _budget(ManualClock())
    budget.charge("ada", 40)
    assert budget.wait("ada", 20) == pytest.approx(4.0)
    budget.refund("ada", 40)
    budget.spend("ada", 20)
    budget.refund("bob", 1)  # unknown keys have a full budget


def test_the_error_says_how_long_to_wait() -> None:
    budget = RateBudget(0.5, 1, refusal="too many exports", clock=ManualClock().monotonic)
    budget.spend("ada")
    with pytest.raises(Throttled, match="too many exports; try again in 2 s"):
        budget.check("ada")


def test_the_table_of_keys_is_bounded_and_keeps_those_that_spent_most() -> None:
    budget = _budget(ManualClock(), size=100)
    budget.charge("mallory", 1_000)
    for number in range(10_000):
        budget.spend(f"user {number}")
    assert len(budget._full_at) <= 100
    assert budget.wait("mallory") > 90


def test_full_budgets_are_removed_and_no_key_is_tracked_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rates, "KEPT", 0)
    clock = ManualClock()
    budget = _budget(clock, size=1_000)
    for number in range(500):
        budget.charge(f"user {number % 50}", 1)
        budget.forget(f"user {number % 50}")
        budget.charge("busy", 0.5)
        budget.charge(f"nothing {number}", 0)
        clock.advance(0.1)
    for number in range(200):
        budget.charge(f"guest {number}", 1)
        clock.advance(1)
    assert len(budget._order) == len(budget._full_at) < 10
