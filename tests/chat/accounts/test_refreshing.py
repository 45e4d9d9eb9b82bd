"""Tokens live as long as the policy says, and are renewed by rotation."""

import asyncio
from pathlib import Path

import pytest

from backchannel.chat import logins
from backchannel.chat.core import Core, Policy
from backchannel.domain.errors import TokenExpired, Unauthenticated
from tests.chat.accounts.login_steps import accepted, log_in, refused
from tests.support.clock import ManualClock
from tests.support.core import make_core, make_user


async def test_S3_a_refresh_token_rotates(core: Core, clock: ManualClock) -> None:
    await make_user(core, "ada")
    tokens = await log_in(core)
    for _ in range(5):
        clock.advance(3_600)
        renewed = await logins.refresh(core, tokens.refresh_token)
        assert renewed.login_id == tokens.login_id
        assert renewed.refresh_token != tokens.refresh_token
        assert renewed.refresh_expires_at == clock.now() + 30 * 86_400_000
        assert await accepted(core, renewed)
        tokens = renewed


async def test_S3_reuse_ends_the_family_and_its_sockets(core: Core, ended: list[str]) -> None:
    await make_user(core, "ada")
    stolen = await log_in(core)
    current = await logins.refresh(core, stolen.refresh_token)
    current = await logins.refresh(core, current.refresh_token)
    other = await log_in(core)
    with pytest.raises(Unauthenticated):
        await logins.refresh(core, stolen.refresh_token)
    assert ended == [stolen.login_id]
    assert await refused(core, current)
    assert await accepted(core, other)


async def test_S3_twenty_concurrent_refreshes_give_one_successor(
    core: Core, ended: list[str]
) -> None:
    await make_user(core, "ada")
    tokens = await log_in(core)
    renewed = await asyncio.gather(*(logins.refresh(core, tokens.refresh_token) for _ in range(20)))
    assert len({each.refresh_token for each in renewed}) == 1
    assert all([await accepted(core, each) for each in renewed])
    assert ended == []


async def test_S3_a_refresh_whose_answer_was_lost_may_be_repeated_for_a_while(
    core: Core, clock: ManualClock, ended: list[str]
) -> None:
    await make_user(core, "ada")
    tokens = await log_in(core)
    lost = await logins.refresh(core, tokens.refresh_token)
    clock.advance(logins.GRACE / 1_000)
    repeated = await logins.refresh(core, tokens.refresh_token)
    assert repeated.refresh_token == lost.refresh_token
    assert (await accepted(core, lost), await accepted(core, repeated)) == (True, True)
    clock.advance(1)
    with pytest.raises(Unauthenticated):
        await logins.refresh(core, tokens.refresh_token)
    assert ended == [tokens.login_id]
    assert await refused(core, repeated)


async def test_S3_a_refresh_is_not_repeated_once_its_successor_has_been_used(
    core: Core, ended: list[str]
) -> None:
    await make_user(core, "ada")
    tokens = await log_in(core)
    renewed = await logins.refresh(core, tokens.refresh_token)
    current = await logins.refresh(core, renewed.refresh_token)
    with pytest.raises(Unauthenticated):
        await logins.refresh(core, tokens.refresh_token)
    assert ended == [tokens.login_id]
    assert await refused(core, current)


async def test_S3_a_lost_answer_is_repeated_after_a_restart(
    tmp_path: Path, clock: ManualClock
) -> None:
    async with make_core(tmp_path, clock=clock) as core:
        await make_user(core, "ada")
        tokens = await log_in(core)
        lost = await logins.refresh(core, tokens.refresh_token)
    clock.advance(20)
    async with make_core(tmp_path, clock=clock) as core:
        repeated = await logins.refresh(core, tokens.refresh_token)
        assert repeated.refresh_token == lost.refresh_token
        await logins.refresh(core, repeated.refresh_token)
        with pytest.raises(Unauthenticated):
            await logins.refresh(core, tokens.refresh_token)


async def test_S3_concurrent_uses_of_a_used_token_end_the_family_once(
    core: Core, ended: list[str]
) -> None:
    await make_user(core, "ada")
    tokens = await log_in(core)
    renewed = await logins.refresh(core, tokens.refresh_token)
    await logins.refresh(core, renewed.refresh_token)
    outcomes = await asyncio.gather(
        *(logins.refresh(core, tokens.refresh_token) for _ in range(20)), return_exceptions=True
    )
    assert all(isinstance(each, Unauthenticated) for each in outcomes)
    assert ended == [tokens.login_id]


async def test_S3_an_access_token_refreshes_nothing(core: Core) -> None:
    await make_user(core, "ada")
    tokens = await log_in(core)
    with pytest.raises(Unauthenticated):
        await logins.refresh(core, tokens.access_token)
    with pytest.raises(Unauthenticated):
        await logins.authenticate(core, tokens.refresh_token)


async def test_S5_tokens_live_as_long_as_the_policy_says(
    tmp_path: Path, clock: ManualClock
) -> None:
    policy = Policy(access_life=3, refresh_life=60)
    async with make_core(tmp_path, clock=clock, policy=policy) as core:
        await make_user(core, "ada")
        tokens = await log_in(core)
        clock.advance(2.999)
        assert await accepted(core, tokens)
        clock.advance(0.001)
        with pytest.raises(TokenExpired):
            await logins.authenticate(core, tokens.access_token)
        tokens = await logins.refresh(core, tokens.refresh_token)
        assert await accepted(core, tokens)
        clock.advance(60)
        with pytest.raises(TokenExpired):
            await logins.refresh(core, tokens.refresh_token)


async def test_S5_an_access_token_does_not_outlive_its_login(
    tmp_path: Path, clock: ManualClock
) -> None:
    policy = Policy(access_life=3_600, refresh_life=60)
    async with make_core(tmp_path, clock=clock, policy=policy) as core:
        await make_user(core, "ada")
        tokens = await log_in(core)
        assert await accepted(core, tokens)
        clock.advance(60)
        with pytest.raises(Unauthenticated):
            await logins.authenticate(core, tokens.access_token)


async def test_a_token_of_a_login_that_was_never_begun_is_refused(core: Core) -> None:
    user = await make_user(core, "ada")
    forged, _ = core.tokens.issue_access(user.id, "no such login", "ada")
    with pytest.raises(Unauthenticated):
        await logins.authenticate(core, forged)
    tokens = await log_in(core)
    crossed, _ = core.tokens.issue_access("another user", tokens.login_id, "eve")
    for _ in range(2):
        assert await accepted(core, tokens)
        with pytest.raises(Unauthenticated):
            await logins.authenticate(core, crossed)
