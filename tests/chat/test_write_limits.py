"""One budget for everything a user writes, over all sockets and all dialects."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from backchannel.chat import accounts, attachments, conversations, messages, presence
from backchannel.chat.budgets import UNIT, WriteLimits
from backchannel.chat.core import Core, Policy
from backchannel.chat.messages import draft, send
from backchannel.domain.conversations import SettingsPatch
from backchannel.domain.errors import Throttled
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.users import PrivacyPatch
from tests.support.clock import ManualClock
from tests.support.core import make_core, make_user

RATE = 10
Write = Callable[[Core, str, str], Awaitable[object]]


def _conversation(user_id: str, other_id: str) -> str:
    return direct_conversation_id(user_id, other_id)


WRITES: dict[str, Write] = {
    "send": lambda core, user, other: send(core, draft(user, other, "x")),
    "edit": lambda core, user, other: messages.edit(core, user, _conversation(user, other), 1, "y"),
    "delete": lambda core, user, other: messages.delete(core, user, _conversation(user, other), 1),
    "react": lambda core, user, other: messages.react(
        core, user, _conversation(user, other), 1, "👍"
    ),
    "read": lambda core, user, other: conversations.mark_read(
        core, user, _conversation(user, other), 1
    ),
    "typing": lambda core, user, other: presence.notify_typing(
        core, user, _conversation(user, other), active=True
    ),
    "block": lambda core, user, other: conversations.set_blocked(core, user, other, blocked=False),
    "open": conversations.open_direct,
    "profile": lambda core, user, _: accounts.update_profile(core, user, display_name="Ada"),
    "avatar": lambda core, user, _: attachments.set_avatar(core, user, None),
    "privacy": lambda core, user, _: presence.change_privacy(core, user, PrivacyPatch()),
    "settings": lambda core, user, other: conversations.change_settings(
        core, user, _conversation(user, other), SettingsPatch()
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
async def test_S18_every_kind_of_write_spends_the_same_budget(
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


async def test_S18_a_message_counts_once_per_4_KiB(core: Core, pair: tuple[str, str]) -> None:
    ada, bob = pair
    for _ in range(2):
        await send(core, draft(ada, bob, "x" * 10 * UNIT))
    with pytest.raises(Throttled):
        await send(core, draft(ada, bob, "x"))


async def test_S18_a_reaction_costs_the_size_of_the_message_it_resends(
    core: Core, pair: tuple[str, str], clock: ManualClock
) -> None:
    ada, bob = pair
    await send(core, draft(ada, bob, "x" * 15 * UNIT))
    clock.advance(60)
    reactions = 0
    for number in range(50):
        try:
            await messages.react(
                core, bob, _conversation(ada, bob), 3, "👍", active=number % 2 == 0
            )
        except Throttled:
            break
        reactions += 1
    assert reactions <= 2


def test_S18_a_watch_costs_its_number_of_look_ups() -> None:
    write_limits = WriteLimits(ManualClock(), rate=RATE)
    write_limits.spend_watch("ada", 200)
    with pytest.raises(Throttled):
        write_limits.spend_watch("ada", 200)
    write_limits.spend_watch("bob", 0)
