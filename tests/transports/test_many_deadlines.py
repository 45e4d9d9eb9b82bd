"""Many deadlines that pass at the same time keep the event loop for a bounded time each."""

import asyncio
import time

import pytest

from backchannel.transports.deadlines import AT_ONCE, Deadlines, RunningTime
from backchannel.transports.http.limits import DeadlineSweep
from backchannel.transports.websocket.service import Keepalive
from tests.support.steps import measured_steps
from tests.transports.harness import eventually

MANY = 20 * AT_ONCE
WORK = 50e-6
"""Seconds that it takes to let a peer go."""


def work() -> None:
    began = time.thread_time()
    while time.thread_time() - began < WORK:
        pass


class Slow:
    """A connection whose deadline has passed."""

    def __init__(self, sweep: DeadlineSweep) -> None:
        self.deadline = 0.0
        self._sweep = sweep
        sweep.watch(self)

    def overdue(self, now: float) -> None:
        assert now > self.deadline
        self._sweep.forget(self)
        work()


class Silent:
    """A peer that answers no ping."""

    def __init__(self, keepalive: Keepalive) -> None:
        self.heard_at = keepalive.now
        self.pings = 0
        self._keepalive = keepalive
        self._slot = keepalive.watch(self)

    def ping(self) -> None:
        self.pings += 1
        work()

    def presume_dead(self) -> None:
        self._keepalive.forget(self, self._slot)
        work()


@pytest.mark.timed
async def test_R16_many_peers_are_pinged_in_turns() -> None:
    keepalive = Keepalive(0.2, 0.1)
    with measured_steps() as steps:
        silent = [Silent(keepalive) for _ in range(16 * MANY)]
        steps.take()
        await eventually(lambda: not any(keepalive._wheel))
        longest = steps.take()
    assert longest < MANY * WORK / 2, steps
    assert all(each.pings for each in silent)


@pytest.mark.timed
async def test_S18_many_peers_are_dropped_in_turns() -> None:
    gone: list[int] = []

    def expired(item: int) -> None:
        gone.append(item)
        work()

    deadlines = Deadlines(0.1, expired)
    with measured_steps() as steps:
        for item in range(MANY):
            deadlines.add(item)
        await eventually(lambda: len(gone) == MANY)
        longest = steps.take()
    assert gone == [*range(MANY)]
    assert longest < MANY * WORK / 2, steps
    deadlines.add(MANY)
    await eventually(lambda: gone[-1] == MANY)


@pytest.mark.timed
async def test_S18_many_overdue_connections_are_refused_in_turns() -> None:
    sweep = DeadlineSweep(RunningTime(0.1))
    with measured_steps() as steps:
        connections = [Slow(sweep) for _ in range(MANY)]
        steps.take()
        await eventually(lambda: not sweep._watched)
        longest = steps.take()
    assert longest < MANY * WORK / 2, steps
    assert len(connections) == MANY
    Slow(sweep)
    await asyncio.sleep(0)
    await eventually(lambda: not sweep._watched)
