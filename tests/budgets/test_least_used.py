"""Turns for the user with the least recent use."""

import asyncio

import pytest

from backchannel.budgets.turns import LeastUsed
from backchannel.domain.errors import Overloaded
from tests.support.clock import ManualClock

MEMORY = 30.0


class Scene:
    """Work that takes one turn after the other, and continues when a test says so."""

    def __init__(self, *, waiting: int = 1_000) -> None:
        self.clock = ManualClock()
        self.turns = LeastUsed(
            1, waiting=waiting, memory=MEMORY, refusal="too many", clock=self.clock.monotonic
        )
        self.begun: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []
        self._gates: list[asyncio.Event] = []

    async def start(self, *keys: str) -> None:
        self.tasks.append(asyncio.create_task(self._run(*keys)))
        await settle()

    async def finish(self, count: int = 1) -> None:
        for _ in range(count):
            self._gates.pop(0).set()
            await settle()

    async def _run(self, *keys: str) -> None:
        async with self.turns.turn(*keys):
            self.begun.append(keys[0])
            gate = asyncio.Event()
            self._gates.append(gate)
            await gate.wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_new_key_comes_before_hundreds_that_had_a_turn() -> None:
    scene = Scene()
    strangers = [f"address {number}" for number in range(400)]
    for stranger in strangers:
        await scene.start(stranger)
        await scene.finish()
    for stranger in strangers:
        await scene.start(stranger)
    await scene.start("new address")
    await scene.finish(2)
    assert scene.tasks[-1].done()
    assert scene.begun[401] == "new address"


async def test_between_equal_addresses_the_least_used_name_is_next() -> None:
    scene = Scene()
    await scene.start("first", "guessed")
    await scene.finish()
    await scene.start("second", "other")
    await scene.start("third", "guessed")
    await scene.start("fourth", "honest")
    await scene.finish(2)
    assert scene.begun == ["first", "second", "fourth", "third"]


async def test_counted_uses_expire_and_can_be_refunded() -> None:
    scene = Scene()
    await scene.start("often")
    await scene.finish()
    scene.turns.refund(1.0, "often")
    await scene.start("once")
    await scene.finish()
    scene.clock.advance(MEMORY / 2)
    await scene.start("busy")
    for name in ("once", "often"):
        await scene.start(name)
    await scene.finish()
    assert scene.begun[-1] == "often"
    await scene.finish(2)
    scene.clock.advance(9 * MEMORY)
    for name in ("running", "once", "new"):
        await scene.start(name)
    await scene.finish()
    assert scene.begun[-1] == "once"


async def test_S18_if_too_many_wait_the_most_used_key_is_refused() -> None:
    scene = Scene(waiting=2)
    await scene.start("often")
    await scene.finish()
    for name in ("running", "waiting", "often", "new"):
        await scene.start(name)
    with pytest.raises(Overloaded) as refused:
        await scene.tasks[3]
    assert refused.value.retry_after
    await scene.start("often")
    with pytest.raises(Overloaded):
        await scene.tasks[-1]
    await scene.finish(3)
    assert scene.begun == ["often", "running", "waiting", "new"]


async def test_a_task_that_is_cancelled_leaves_the_turn_to_others() -> None:
    scene = Scene()
    for name in ("running", "gone", "stays"):
        await scene.start(name)
    scene.tasks[1].cancel()
    await scene.finish()
    assert scene.begun == ["running", "stays"]
    await scene.start("gone too")
    scene.tasks[-1].cancel()  # just as its turn comes
    await scene.finish()
    await scene.start("last")
    assert scene.begun == ["running", "stays", "last"]
