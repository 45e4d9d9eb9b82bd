"""One timer for many timeouts."""

import asyncio
import time

import pytest

from backchannel.transports.deadlines import Deadlines, RunningTime
from tests.transports.harness import eventually


async def test_items_expire_in_order_and_on_time() -> None:
    expired: list[tuple[str, float]] = []
    loop = asyncio.get_running_loop()
    began = loop.time()
    deadlines = Deadlines[str](0.1, lambda item: expired.append((item, loop.time() - began)))
    deadlines.add("first")
    await asyncio.sleep(0.04)
    deadlines.add("second")
    deadlines.add("third")
    deadlines.add("first")  # added again: now the last one
    deadlines.discard("third")
    assert len(deadlines) == 2
    await eventually(lambda: len(expired) == 2)
    assert [item for item, _ in expired] == ["second", "first"]
    assert all(at > 0.13 for _, at in expired)
    assert len(deadlines) == 0


async def test_a_failing_callback_does_not_stop_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    expired: list[int] = []

    def fail_for_one(item: int) -> None:
        if item == 1:
            raise ZeroDivisionError
        expired.append(item)

    deadlines = Deadlines[int](0.02, fail_for_one)
    for item in (1, 2):
        deadlines.add(item)
    await eventually(lambda: expired == [2])
    assert "timeout handler failed" in caplog.text
    deadlines.add(3)
    await eventually(lambda: expired == [2, 3])


async def test_an_item_may_add_itself_again() -> None:
    expired: list[int] = []

    def again(item: int) -> None:
        expired.append(item)
        if len(expired) < 3:
            deadlines.add(item)

    deadlines = Deadlines[int](0.02, again)
    deadlines.add(7)
    await eventually(lambda: expired == [7, 7, 7])


async def test_deadlines_pass_even_if_the_process_is_stopped_repeatedly() -> None:
    clock, times = RunningTime(grace=0.1), list[float]()

    def sweep() -> None:
        times.append(clock.now())
        if len(times) < 6:
            clock.call_at(times[-1] + 0.1, sweep)
            time.sleep(0.5)

    sweep()
    await eventually(lambda: len(times) == 6)
    assert times[-1] - times[0] > 0.3
