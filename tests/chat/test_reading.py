"""What one user reads does not hold up the others (rules R13, S18)."""

import asyncio
from pathlib import Path

import pytest

from backchannel.chat import search
from backchannel.chat.reading import PAGES_AT_ONCE, READ_BURST, Reading
from backchannel.domain.errors import Overloaded, Throttled
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.messages import Draft, Message
from tests.support.clock import ManualClock
from tests.support.core import make_core, make_user
from tests.support.steps import measured_steps

MEGABYTE = 1 << 20


def _message(size: int) -> Message:
    return Message("c", 1, "m", "ada", "bob", "key", "text", "x" * size, 1)


async def test_R13_pages_of_one_user_wait_for_each_other_and_not_for_those_of_others() -> None:
    reading = Reading(ManualClock(), rate=MEGABYTE)
    order: list[str] = []
    release = asyncio.Event()

    async def read(user: str) -> None:
        async with reading.page(user):
            order.append(user)
            await release.wait()

    greedy = [asyncio.create_task(read("greedy")) for _ in range(9)]
    others = [asyncio.create_task(read(f"user {n}")) for n in range(PAGES_AT_ONCE - 1)]
    await asyncio.sleep(0)
    assert order == ["greedy", *(f"user {n}" for n in range(PAGES_AT_ONCE - 1))]
    release.set()
    await asyncio.gather(*greedy, *others)


async def test_S18_a_user_who_reads_too_much_is_told_how_long_to_wait() -> None:
    clock = ManualClock()
    reading = Reading(clock, rate=MEGABYTE)
    for _ in range(READ_BURST + 1):
        async with reading.page("greedy"):
            await reading.charge("greedy", [_message(MEGABYTE)])
    with pytest.raises(Throttled) as refused:
        async with reading.page("greedy"):
            pass
    async with reading.page("other"):
        pass
    assert refused.value.retry_after is not None
    clock.advance(refused.value.retry_after)
    async with reading.page("greedy"):
        pass


async def test_S18_a_user_has_one_export_at_a_time() -> None:
    reading = Reading(ManualClock(), rate=MEGABYTE)
    async with reading.export("ada"):
        await _hold(reading, "bob")
        with pytest.raises(Overloaded):
            await _hold(reading, "ada")
    await _hold(reading, "ada")


async def _hold(reading: Reading, user: str) -> None:
    async with reading.export(user):
        pass


async def test_R13_a_search_in_long_texts_keeps_the_loop_for_no_long_step(
    tmp_path: Path,
) -> None:
    async with make_core(tmp_path) as core:
        ada, bob = await make_user(core, "ada"), await make_user(core, "bob")
        place = direct_conversation_id(ada.id, bob.id)
        body = "e\u0301ﬃ①" * 5_000
        drafts = [Draft(place, ada.id, bob.id, f"key {n}", body) for n in range(40)]
        await core.storage.append(drafts, at=1)
        await search.search(core, ada.id, "ffi1")  # what is compiled once
        with measured_steps() as steps:
            found = await search.search(core, ada.id, "ffi1", limit=50)
        assert len(found.hits) > 10
        assert steps.longest < 0.02, steps
