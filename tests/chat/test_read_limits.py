"""One user's reading does not hold up the others (rules R13, S18)."""

import asyncio
from pathlib import Path

import pytest

from backchannel.chat import search
from backchannel.chat.budgets import PAGES_AT_ONCE, READ_BURST, ReadLimits
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
    read_limits = ReadLimits(ManualClock(), rate=MEGABYTE)
    order: list[str] = []
    release = asyncio.Event()

    async def read(user: str) -> None:
        async with read_limits.page(user):
            order.append(user)
            await release.wait()

    greedy = [asyncio.create_task(read("greedy")) for _ in range(9)]
    others = [asyncio.create_task(read(f"user {n}")) for n in range(PAGES_AT_ONCE - 1)]
    await asyncio.sleep(0)
    assert order == ["greedy", *(f"user {n}" for n in range(PAGES_AT_ONCE - 1))]
    release.set()
    await asyncio.gather(*greedy, *others)


async def test_S18_a_user_over_the_read_rate_gets_retry_after() -> None:
    clock = ManualClock()
    read_limits = ReadLimits(clock, rate=MEGABYTE)
    for _ in range(READ_BURST + 1):
        async with read_limits.page("greedy"):
            await read_limits.charge("greedy", [_message(MEGABYTE)])
    with pytest.raises(Throttled) as refused:
        async with read_limits.page("greedy"):
            pass
    async with read_limits.page("other"):
        pass
    assert refused.value.retry_after is not None
    clock.advance(refused.value.retry_after)
    async with read_limits.page("greedy"):
        pass


async def test_S18_a_user_has_one_export_at_a_time() -> None:
    read_limits = ReadLimits(ManualClock(), rate=MEGABYTE)
    async with read_limits.export("ada"):
        await _hold(read_limits, "bob")
        with pytest.raises(Overloaded):
            await _hold(read_limits, "ada")
    await _hold(read_limits, "ada")


async def _hold(read_limits: ReadLimits, user: str) -> None:
    async with read_limits.export(user):
        pass


async def test_R13_a_search_in_long_texts_takes_no_long_steps_on_the_loop(
    tmp_path: Path,
) -> None:
    async with make_core(tmp_path) as core:
        ada, bob = await make_user(core, "ada"), await make_user(core, "bob")
        conversation = direct_conversation_id(ada.id, bob.id)
        body = "e\u0301ﬃ①" * 5_000
        drafts = [Draft(conversation, ada.id, bob.id, f"key {n}", body) for n in range(40)]
        await core.storage.append(drafts, at=1)
        await search.search(core, ada.id, "ffi1")  # fills the caches
        with measured_steps() as steps:
            found = await search.search(core, ada.id, "ffi1", limit=50)
        assert len(found.hits) > 10
        assert steps.longest < 0.02, steps
