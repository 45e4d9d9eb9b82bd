"""Messages are found by their time even if clocks were changed."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from backchannel.storage.shared.search import CLOCK_SKEW, number_at_time


@given(
    st.lists(st.integers(0, CLOCK_SKEW), max_size=40),
    st.lists(st.integers(0, CLOCK_SKEW), min_size=40, max_size=40),
    st.integers(0, 45 * CLOCK_SKEW),
)
def test_no_older_message_has_a_higher_number_than_the_found_one(
    steps: list[int], skews: list[int], moment: int
) -> None:
    times, now = [], 0
    for step, skew in zip(steps, skews, strict=False):
        now += step
        times.append(now - skew)

    async def created_at(number: int) -> int | None:
        return times[min(number, len(times)) - 1] if number and times else None

    number = asyncio.run(number_at_time(moment, len(times) + 1, created_at))
    assert all(time >= moment for time in times[max(number, 1) - 1 :])


def test_much_newer_messages_have_higher_numbers_than_the_found_one() -> None:
    async def created_at(number: int) -> int | None:
        return number * CLOCK_SKEW

    assert asyncio.run(number_at_time(10 * CLOCK_SKEW, 1_000, created_at)) == 11
