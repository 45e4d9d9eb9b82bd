"""Requests begin one after the other; clients that used the least come first."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from backchannel.budgets import pace as paces
from backchannel.budgets.pace import AT_ONCE, BURST, LONGEST_DEBT, Pace
from backchannel.domain.errors import Overloaded
from tests.support.clock import ManualClock

RATE = 10
Turn = Callable[[str], Awaitable[None]]


class Begun:
    """The clients whose requests have begun, in that order."""

    def __init__(self) -> None:
        self.order: list[str] = []

    async def one(self, turn: Turn, client: str) -> None:
        await turn(client)
        self.order.append(client)

    async def all(self, turn: Turn, *clients: str) -> None:
        await asyncio.gather(*(self.one(turn, each) for each in clients))


def paced(**options: Callable[[str], bool]) -> Pace:
    return Pace(RATE, clock=ManualClock().monotonic, **options)


@pytest.mark.parametrize("kind", ["turn_of_address", "turn_of_user"])
async def test_R13_a_client_with_many_requests_comes_after_the_others(kind: str) -> None:
    begun = Begun()
    await begun.all(getattr(paced(), kind), *["greedy"] * 50, "frugal")
    assert begun.order.index("frugal") <= 2 * AT_ONCE


async def test_R13_few_requests_begin_in_a_turn_of_the_loop() -> None:
    begun, pace = Begun(), paced()
    crowd = asyncio.gather(begun.all(pace.turn_of_address, *map(str, range(50))))
    seen: list[int] = []
    while not crowd.done():
        await asyncio.sleep(0)
        seen.append(len(begun.order))
    assert max(after - before for before, after in pairwise(seen)) <= AT_ONCE


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses after requests over budget; none of them takes any time."""
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def pause(seconds: float) -> None:
        pauses.extend([seconds] if seconds else [])
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", pause)
    return pauses


async def test_R14_over_budget_a_client_waits_and_is_not_refused(pauses: list[float]) -> None:
    pace = paced()
    for _ in range(RATE * BURST + 5):
        await pace.turn_of_address("greedy")
    await pace.turn_of_address("frugal")
    assert pauses == [paces.REST] * 5


async def test_R14_after_a_flood_of_any_length_a_client_is_soon_within_its_budget(
    pauses: list[float],
) -> None:
    clock = ManualClock()
    pace = Pace(RATE, clock=clock.monotonic)
    for _ in range(5 * RATE * BURST):
        await pace.turn_of_address("greedy")
    assert len(pauses) == 4 * RATE * BURST
    clock.advance(LONGEST_DEBT + 1)
    await pace.turn_of_address("greedy")
    assert len(pauses) == 4 * RATE * BURST


async def test_R13_a_proxy_that_hides_its_clients_has_no_budget() -> None:
    begun, pace = Begun(), paced(exempt=lambda address: address == "proxy")
    await begun.all(pace.turn_of_address, *["greedy"] * 50, *["proxy"] * 50)
    assert begun.order[:50].count("proxy") >= 50 - 2 * AT_ONCE


async def test_R14_requests_that_may_not_wait_are_told_when_to_try_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(paces, "WAITING", 10)
    begun = Begun()
    turn = paced().turn_of_address
    outcomes = await asyncio.gather(
        *(begun.one(turn, "greedy") for _ in range(20)),
        begun.one(turn, "frugal"),
        return_exceptions=True,
    )
    refused = [each for each in outcomes if isinstance(each, Overloaded)]
    assert len(refused) == 21 - AT_ONCE - 10
    assert all(each.retry_after for each in refused)
    assert "frugal" in begun.order
