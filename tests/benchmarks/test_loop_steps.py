"""No use case keeps the event loop for more than 5 ms of processor time (R13)."""

import asyncio
import time
from collections.abc import Callable
from itertools import count

import pytest

from benchmarks.loop_steps import AIM, ATTEMPTS, longest_step, measure, table
from tests.support.steps import measured_steps


def test_R13_no_use_case_keeps_the_event_loop() -> None:
    figures = measure()
    print(table(figures))  # noqa: T201 - the figures of this machine
    assert {name: took for name, (took, _) in figures.items() if took > AIM} == {}


def compute(seconds: float) -> None:
    """Use the processor on the event loop for this time."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


async def once(step: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_soon(step)
    await asyncio.sleep(0.01)


@pytest.mark.parametrize("slow_runs", [0, ATTEMPTS - 1, ATTEMPTS])
def test_a_step_that_is_too_long_in_each_run_is_found(slow_runs: int) -> None:
    runs = count(1)

    def use() -> None:
        slow = next(runs) <= slow_runs
        asyncio.run(once(lambda: compute(2 * AIM if slow else 0)))

    with measured_steps() as steps:
        took, what = longest_step(use, steps)
    if slow_runs < ATTEMPTS:
        assert took <= AIM
    else:
        assert took > AIM
        assert "lambda" in what


def test_time_that_another_program_or_thread_takes_does_not_count() -> None:
    with measured_steps() as steps:
        asyncio.run(once(lambda: time.sleep(20 * AIM)))
    assert steps.take() < AIM
