"""One budget for everything a user writes, over all sockets and all dialects."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from backchannel.chat import accounts, avatars, change, conversations, presence, privacy
from backchannel.chat.core import Core, Policy
from backchannel.chat.send import draft, send
from backchannel.chat.writing import UNIT, Writing
from backchannel.domain.conversations import SettingsPatch
from backchannel.domain.errors import Throttled
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.privacy import PrivacyPatch
from tests.support.clock import ManualClock
from tests.support.core import make_core, make_user

RATE = 10
Write = Callable[[Core, str, str], Awaitable[object]]


def _place(user_id: str, other_id: str) -> str:
    return direct_conversation_id(user_id, other_id)


WRITES: dict[str, Write] = {
    "send": lambda core, user, other: send(core, draft(user, other, "x")),
    "edit": lambda core, user, other: change.edit(core, user, _place(user, other), 1, "y"),
    "delete": lambda core, user, other: change.delete(core, user, _place(user, other), 1),
    "react": lambda core, user, other: change.react(core, user, _place(user, other), 1, "👍"),
    "read": lambda core, user, other: conversations.mark_read(core, user, _place(user, other), 1),
    "typing": lambda core, user, other: presence.tell_typing(
        core, user, _place(user, other), active=True
    ),
    "block": lambda core, user, other: conversations.set_blocked(core, user, other, blocked=False),
    "begin": conversations.begin_direct,
    "profile": lambda core, user, _: accounts.update_profile(core, user, display_name="Ada"),
    "avatar": lambda core, user, _: avatars.set_avatar(core, user, None),
    "privacy": lambda core, user, _: privacy.change_privacy(core, user, PrivacyPatch()),
    "settings": lambda core, user, other: conversations.change_settings(
        core, user, _place(user, other), SettingsPatch()
    ),
}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def core(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Core]:
    async with make_core(tmp_path, clock=clock, policy=Policy(send_rate=RATE)) as opened:
        yield opened


@pytest.fixture
async def pair(core: Core, clock: ManualClock) -> tuple[str, str]:
    """Two users who have each written to the other."""
    ada, bob = (await make_user(core, "ada")).id, (await make_user(core, "bob")).id
    await send(core, draft(ada, bob, "hello"))
    await send(core, draft(bob, ada, "hello"))
    clock.advance(60)
    return ada, bob


@pytest.mark.parametrize("kind", WRITES)
async def test_S18_everything_that_writes_spends_one_budget(
    core: Core, pair: tuple[str, str], clock: ManualClock, kind: str
) -> None:
    ada, bob = pair
    done, refusal = 0, None
    while refusal is None and done < 100:
        try:
            await WRITES[kind](core, ada, bob)
            done += 1
        except Throttled as throttled:
            refusal = throttled
    assert done <= 2 * RATE
    assert refusal is not None
    assert refusal.retry_after
    with pytest.raises(Throttled):
        await send(core, draft(ada, bob, "over budget"))
    await send(core, draft(bob, ada, "another user's budget is untouched"))
    clock.advance(5)
    await WRITES[kind](core, ada, bob)


async def test_S18_a_long_message_counts_as_several(core: Core, pair: tuple[str, str]) -> None:
    ada, bob = pair
    for _ in range(2):
        await send(core, draft(ada, bob, "x" * 10 * UNIT))
    with pytest.raises(Throttled):
        await send(core, draft(ada, bob, "x"))


async def test_S18_a_reaction_costs_what_it_makes_others_read(
    core: Core, pair: tuple[str, str], clock: ManualClock
) -> None:
    ada, bob = pair
    await send(core, draft(ada, bob, "x" * 15 * UNIT))
    clock.advance(60)
    told = 0
    for number in range(50):
        try:
            await change.react(core, bob, _place(ada, bob), 3, "👍", active=number % 2 == 0)
        except Throttled:
            break
        told += 1
    assert told <= 2


def test_S18_presence_is_priced_by_the_look_ups() -> None:
    writing = Writing(ManualClock(), rate=RATE)
    writing.spend_watch("ada", 200)
    with pytest.raises(Throttled):
        writing.spend_watch("ada", 200)
    writing.spend_watch("bob", 0)
