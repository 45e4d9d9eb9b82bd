"""Turns for work of which little may run at once."""

import asyncio

import pytest

from backchannel.budgets.turns import Turns
from backchannel.domain.errors import Overloaded


class _Work:
    """Work that takes turns, and continues when a test says so."""

    def __init__(self, turns: Turns) -> None:
        self.begun: list[str] = []
        self._turns = turns
        self._gates: list[asyncio.Event] = []

    def start(self, key: str) -> asyncio.Task[None]:
        return asyncio.create_task(self._run(key))

    async def finish_next(self) -> None:
        self._gates.pop(0).set()
        await settle()

    async def _run(self, key: str) -> None:
        async with self._turns.turn(key):
            self.begun.append(key)
            gate = asyncio.Event()
            self._gates.append(gate)
            await gate.wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_concurrency_is_limited_in_all_and_per_key() -> None:
    work = _Work(Turns(3, per_key=2))
    tasks = [work.start(key) for key in ("ada", "ada", "ada", "bob", "eve")]
    await settle()
    assert work.begun == ["ada", "ada", "bob"]
    await work.finish_next()
    assert work.begun == ["ada", "ada", "bob", "ada"]
    for _ in range(4):
        await work.finish_next()
    await asyncio.gather(*tasks)
    assert sorted(work.begun) == ["ada", "ada", "ada", "bob", "eve"]


async def test_turns_are_given_to_keys_in_round_robin_order() -> None:
    work = _Work(Turns(1))
    tasks = [work.start(key) for key in ("ada", "ada", "ada", "ada", "bob", "eve", "bob")]
    await settle()
    for _ in range(7):
        await work.finish_next()
    await asyncio.gather(*tasks)
    assert work.begun == ["ada", "ada", "bob", "eve", "ada", "bob", "ada"]


async def test_a_key_at_its_limit_does_not_delay_other_keys() -> None:
    work = _Work(Turns(2, per_key=1))
    tasks = [work.start(key) for key in ("ada", "ada", "bob")]
    await settle()
    assert work.begun == ["ada", "bob"]
    for _ in range(3):
        await work.finish_next()
    await asyncio.gather(*tasks)


async def test_a_full_queue_refuses_its_own_key_only() -> None:
    turns = Turns(1, waiting_per_key=2, waiting=3)
    work = _Work(turns)
    tasks = [work.start("ada") for _ in range(3)]
    await settle()
    with pytest.raises(Overloaded) as refusal:
        await work.start("ada")
    assert refusal.value.retry_after
    tasks.append(work.start("bob"))
    await settle()
    with pytest.raises(Overloaded):
        await work.start("eve")  # all together hold three
    for _ in range(4):
        await work.finish_next()
    await asyncio.gather(*tasks)


async def test_cancelling_while_waiting_or_working_frees_the_turn() -> None:
    work = _Work(Turns(1))
    working, waiting, last = (work.start(key) for key in ("ada", "ada", "bob"))
    await settle()
    waiting.cancel()
    await settle()
    working.cancel()
    await settle()
    assert work.begun == ["ada", "bob"]
    last.cancel()
    await settle()
    assert not work._turns._running
    assert not work._turns._queues
    async with work._turns.turn("eve"):
        pass


async def test_a_turn_granted_to_a_cancelled_waiter_is_passed_on() -> None:
    turns = Turns(1)
    work = _Work(turns)
    _working, cancelled, last = (work.start(key) for key in ("ada", "bob", "eve"))
    await settle()
    work._gates.pop(0).set()
    await asyncio.sleep(0)
    assert work.begun == ["ada"]  # bob has the turn and has not woken up yet
    cancelled.cancel()
    await settle()
    assert cancelled.cancelled()
    assert work.begun[-1] == "eve"
    await work.finish_next()
    await last


async def test_a_turn_released_during_a_cancellation_is_passed_on() -> None:
    turns = Turns(1)
    work = _Work(turns)
    working, cancelled, last = (work.start(key) for key in ("ada", "bob", "eve"))
    await settle()
    working.cancel()
    cancelled.cancel()  # bob has not woken up yet when ada's turn ends
    await settle()
    assert (cancelled.cancelled(), work.begun) == (True, ["ada", "eve"])
    last.cancel()
    await settle()
    assert (turns._waiting, turns._running, turns._queues) == (0, {}, {})


async def test_failing_work_releases_its_turn() -> None:
    turns = Turns(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with turns.turn("ada"):
                raise ZeroDivisionError


async def test_a_wait_that_takes_too_long_is_refused_and_leaves_the_queue() -> None:
    turns = Turns(1, timeout=0.01)
    async with turns.turn("ada"):
        with pytest.raises(Overloaded):
            async with turns.turn("bob"):
                pass
    async with turns.turn("bob"):
        pass
