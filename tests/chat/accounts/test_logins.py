"""Logins begin with a password, and end everywhere at once."""

import asyncio
from pathlib import Path

import pytest

from backchannel.chat import accounts, logins
from backchannel.chat.core import Core
from backchannel.chat.live_logins import OUTAGE_SECONDS, LiveLogins
from backchannel.domain.errors import (
    AccountDisabled,
    Invalid,
    NotFound,
    Unauthenticated,
    Unavailable,
    UnknownAccount,
    WrongPassword,
)
from backchannel.domain.users import Login
from tests.chat.accounts.login_steps import accepted, log_in, refused
from tests.support.clock import ManualClock
from tests.support.core import PASSWORD, make_core, make_user


@pytest.mark.parametrize("identifier", ["ada", "ADA", "ada@example.org", "Ada@Example.ORG"])
async def test_a_login_by_name_or_email(core: Core, clock: ManualClock, identifier: str) -> None:
    user = await make_user(core, "ada")
    tokens = await log_in(core, identifier)
    assert tokens.user == user
    assert tokens.access_expires_at == clock.now() + 3_600_000
    assert tokens.refresh_expires_at == clock.now() + 30 * 86_400_000
    identity = await logins.authenticate(core, tokens.access_token)
    assert identity.user_id == user.id
    assert identity.username == "ada"
    assert identity.login_id == tokens.login_id
    assert identity.expires_at == tokens.access_expires_at


async def test_login_by_username_does_not_accept_an_email_address_or_vice_versa(core: Core) -> None:
    await make_user(core, "ada")
    await logins.login_by_username(core, username="ada", password=PASSWORD)
    await logins.login_by_email(core, email="ada@example.org", password=PASSWORD)
    with pytest.raises(WrongPassword):
        await logins.login_by_username(core, username="ada@example.org", password=PASSWORD)
    with pytest.raises(WrongPassword):
        await logins.login_by_email(core, email="ada", password=PASSWORD)


async def test_S10_an_unknown_account_is_a_wrong_password_unless_the_caller_asks(
    core: Core,
) -> None:
    await make_user(core, "ada")
    with pytest.raises(WrongPassword) as wrong:
        await log_in(core, password="not the password")
    with pytest.raises(WrongPassword) as unknown:
        await log_in(core, "nobody")
    assert (wrong.value.text, wrong.value.code) == (unknown.value.text, unknown.value.code)
    with pytest.raises(UnknownAccount):
        await logins.login_by_username(
            core, username="nobody", password=PASSWORD, reveal_unknown=True
        )
    with pytest.raises(UnknownAccount):
        await logins.login_by_email(
            core, email="nobody@example.org", password=PASSWORD, reveal_unknown=True
        )


async def test_a_disabled_account_is_revealed_only_with_the_right_password(core: Core) -> None:
    user = await make_user(core, "ada")
    await accounts.disable(core, user.id)
    with pytest.raises(WrongPassword):
        await log_in(core, password="not the password")
    with pytest.raises(AccountDisabled):
        await log_in(core)
    await accounts.enable(core, user.id)
    await log_in(core)


@pytest.mark.parametrize(
    ("identifier", "password"),
    [("a" * 255, PASSWORD), ("\ud800", PASSWORD), ("ada", "x" * 1_025), ("ada", "\ud800")],
)
async def test_impossible_credentials_are_refused_without_hashing(
    core: Core, identifier: str, password: str
) -> None:
    await make_user(core, "ada")
    with pytest.raises(Invalid):
        await log_in(core, identifier, password)


async def test_S6_repr_and_str_do_not_contain_tokens(core: Core) -> None:
    await make_user(core, "ada")
    tokens = await log_in(core)
    shown = repr(tokens) + str(tokens)
    assert tokens.access_token not in shown
    assert tokens.refresh_token not in shown


async def test_S1_logout_ends_access_refresh_and_sockets(core: Core, ended: list[str]) -> None:
    user = await make_user(core, "ada")
    tokens, other = await log_in(core), await log_in(core)
    assert await accepted(core, tokens)
    await logins.logout(core, user.id, tokens.login_id)
    assert ended == [tokens.login_id]
    assert await refused(core, tokens)
    assert await accepted(core, other)
    with pytest.raises(Unauthenticated, match="has ended"):
        await logins.refresh(core, tokens.refresh_token)


async def test_S1_a_login_that_ends_while_the_database_answers_is_not_remembered(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_user(core, "ada")
    tokens = await log_in(core)
    read = core.storage.login

    async def interrupted(login_id: str) -> Login | None:
        found = await read(login_id)
        core.bus.publish_ended([login_id])
        return found

    monkeypatch.setattr(core.storage, "login", interrupted)
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await logins.authenticate(core, tokens.access_token)


async def test_S1_logging_out_twice_is_harmless(core: Core, ended: list[str]) -> None:
    user = await make_user(core, "ada")
    tokens = await log_in(core)
    await logins.logout(core, user.id, tokens.login_id)
    await logins.logout(core, user.id, tokens.login_id)
    assert ended == [tokens.login_id]


async def test_S1_logins_ended_only_in_the_database_count_within_half_a_second(
    core: Core, clock: ManualClock
) -> None:
    user = await make_user(core, "ada")
    tokens = await log_in(core)
    assert await accepted(core, tokens)
    await core.storage.end_logins(user.id, at=clock.now())
    clock.advance(0.5)
    with pytest.raises(Unauthenticated):
        await logins.authenticate(core, tokens.access_token)


@pytest.mark.timed
async def test_S1_logins_ended_by_another_process_close_sockets_within_a_second(
    tmp_path: Path,
) -> None:
    async with make_core(tmp_path) as core:
        user = await make_user(core, "ada")
        tokens = await log_in(core)
        notified = asyncio.Event()
        ended: list[str] = []
        core.bus.listen_ended(ended.extend)
        core.bus.listen_ended(lambda _: notified.set())
        watching = asyncio.create_task(logins.watch_ended(core))
        await asyncio.sleep(0.05)
        # Ended by the clock of another node, which is behind.
        await core.storage.end_logins(user.id, at=core.clock.now() - 3_000)
        await asyncio.wait_for(notified.wait(), 1)
        await asyncio.sleep(2 * logins.POLL_SECONDS)
        watching.cancel()
        assert ended == [tokens.login_id]


async def test_S1_the_watch_outlives_a_database_that_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logins, "POLL_SECONDS", 0.01)
    async with make_core(tmp_path) as core:
        user = await make_user(core, "ada")
        tokens = await log_in(core)
        notified = asyncio.Event()
        core.bus.listen_ended(lambda _: notified.set())
        asked: list[int] = []
        answer = core.storage.logins_ended_since

        async def away_at_first(at: int) -> list[str]:
            asked.append(at)
            if len(asked) < 4:
                raise Unavailable("the database is away")
            return await answer(at)

        monkeypatch.setattr(core.storage, "logins_ended_since", away_at_first)
        watching = asyncio.create_task(logins.watch_ended(core))
        await core.storage.end_logins(user.id, at=core.clock.now())
        await asyncio.wait_for(notified.wait(), 10)
        watching.cancel()
        assert len(set(asked[:4])) == 1
        with pytest.raises(Unauthenticated):
            await logins.authenticate(core, tokens.access_token)


async def test_S1_a_confirmed_login_may_use_the_queue_for_a_short_time_during_an_outage(
    core: Core, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await make_user(core, "ada")
    confirmed, unseen, ended = [(await log_in(core)).login_id for _ in range(3)]
    live = core.live_logins
    for login_id in (confirmed, ended):
        assert await live.is_live(login_id, user.id)

    async def away(login_id: str) -> Login | None:
        raise Unavailable(f"the database is away: {login_id}")

    monkeypatch.setattr(core.storage, "login", away)
    core.bus.publish_ended([ended])
    clock.advance(OUTAGE_SECONDS - 1)
    assert await live.is_live(confirmed, user.id, in_outage=True)
    assert not await live.is_live(ended, user.id, in_outage=True)
    for login_id, user_id, in_outage in (
        (confirmed, user.id, False),
        (unseen, user.id, True),
        (confirmed, "another user", True),
    ):
        with pytest.raises(Unavailable):
            await live.is_live(login_id, user_id, in_outage=in_outage)
    clock.advance(1)
    with pytest.raises(Unavailable):
        await live.is_live(confirmed, user.id, in_outage=True)


async def test_S1_without_a_queue_no_token_is_accepted_during_an_outage(
    core: Core, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_user(core, "ada")
    tokens = await log_in(core)
    assert await accepted(core, tokens)

    async def away(login_id: str) -> Login | None:
        raise Unavailable(f"the database is away: {login_id}")

    monkeypatch.setattr(core.storage, "login", away)
    clock.advance(1)
    with pytest.raises(Unavailable):
        await logins.authenticate(core, tokens.access_token, to_queue=True)


async def test_the_cache_of_live_logins_is_bounded(core: Core) -> None:
    user = await make_user(core, "ada")
    live = LiveLogins(core.storage, core.bus, core.clock, size=3)
    begun = [(await log_in(core)).login_id for _ in range(10)]
    for login_id in begun:
        assert await live.is_live(login_id, user.id)
    await logins.end_logins(core, user.id)
    assert len(live._live) <= 3
    assert len(live._ended) == 3
    for login_id in begun:
        assert not await live.is_live(login_id, user.id)


async def test_S2_logins_are_listed_and_ended_one_by_one(core: Core, ended: list[str]) -> None:
    ada, bob = await make_user(core, "ada"), await make_user(core, "bob")
    first, second = await log_in(core), await log_in(core)
    listed = await logins.list_logins(core, ada.id)
    assert {login.id for login in listed} == {first.login_id, second.login_id}
    assert {login.agent for login in listed} == {"a test"}
    with pytest.raises(NotFound):
        await logins.end_login(core, bob.id, first.login_id)
    await logins.end_login(core, ada.id, first.login_id)
    assert ended == [first.login_id]
    assert [login.id for login in await logins.list_logins(core, ada.id)] == [second.login_id]
    with pytest.raises(NotFound):
        await logins.end_login(core, ada.id, first.login_id)


async def test_S2_ending_all_other_logins_keeps_the_current_one(
    core: Core, ended: list[str]
) -> None:
    user = await make_user(core, "ada")
    mine, *others = [await log_in(core) for _ in range(4)]
    assert await logins.end_other_logins(core, user.id, mine.login_id) == 3
    assert sorted(ended) == sorted(each.login_id for each in others)
    assert await accepted(core, mine)
    for each in others:
        assert await refused(core, each)
