"""Limits on the number of attempts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.domain.errors import Throttled
from backchannel.security.throttle import LIMITS, InProcessThrottle, Limit
from tests.support.clock import ManualClock

KEY = "login:pair:ada:192.0.2.1"


async def _admitted(throttle: InProcessThrottle, *keys: str, tries: int) -> int:
    count = 0
    for _ in range(tries):
        try:
            await throttle.admit(*keys)
        except Throttled:
            continue
        count += 1
    return count


async def test_S9_a_limit_of_ten_a_minute_allows_a_burst_of_ten() -> None:
    clock = ManualClock()
    throttle = InProcessThrottle(clock, {"login:pair": Limit(10, 60)})
    assert await _admitted(throttle, KEY, tries=50) == 10
    clock.advance(30)
    assert await _admitted(throttle, KEY, tries=50) == 5
    clock.advance(3_600)
    assert await _admitted(throttle, KEY, tries=50) == 10


@given(st.integers(1, 100), st.floats(0.1, 10_000), st.integers(1, 20))
async def test_S9_after_retry_after_the_next_attempt_is_admitted(
    count: int, seconds: float, rounds: int
) -> None:
    clock = ManualClock()
    throttle = InProcessThrottle(clock, {"login:pair": Limit(count, seconds)})
    await _admitted(throttle, KEY, tries=count)
    for _ in range(rounds):
        with pytest.raises(Throttled) as refusal:
            await throttle.admit(KEY)
        assert refusal.value.retry_after is not None
        clock.seconds += refusal.value.retry_after
        await throttle.admit(KEY)


async def test_S9_a_refused_attempt_is_counted_by_no_key() -> None:
    limits = {"login:pair": Limit(1, 60), "login:address": Limit(5, 60)}
    throttle = InProcessThrottle(ManualClock(), limits)
    assert await _admitted(throttle, "login:pair:ada", "login:address:x", tries=50) == 1
    assert await _admitted(throttle, "login:address:x", tries=50) == 4


async def test_S9_keys_are_independent() -> None:
    throttle = InProcessThrottle(ManualClock(), LIMITS)
    assert await _admitted(throttle, "login:pair:ada:a", tries=50) == 10
    assert await _admitted(throttle, "login:pair:ada:b", tries=50) == 10


async def test_a_reset_clears_the_attempts_of_a_key() -> None:
    throttle = InProcessThrottle(ManualClock(), LIMITS)
    await _admitted(throttle, KEY, tries=10)
    await throttle.reset(KEY, "login:pair:unheard-of")
    assert await _admitted(throttle, KEY, tries=50) == 10


async def test_a_refunded_attempt_does_not_count() -> None:
    throttle = InProcessThrottle(ManualClock(), LIMITS)
    await _admitted(throttle, KEY, tries=10)
    await throttle.refund(KEY, "login:pair:unheard-of")
    assert await _admitted(throttle, KEY, tries=50) == 1


async def test_keys_without_a_limit_are_always_admitted() -> None:
    throttle = InProcessThrottle(ManualClock(), {})
    assert await _admitted(throttle, KEY, "anything", tries=500) == 500


async def test_S9_memory_is_bounded_and_the_busiest_keys_are_kept() -> None:
    throttle = InProcessThrottle(ManualClock(), {"login:pair": Limit(10, 60)}, size=100)
    await _admitted(throttle, KEY, tries=10)
    for number in range(1_000):
        await throttle.admit(f"login:pair:{number}")
        assert len(throttle._budgets["login:pair"]._full_at) <= 100
    with pytest.raises(Throttled):
        await throttle.admit(KEY)
