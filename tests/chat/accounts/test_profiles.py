"""Profiles are looked up, listed and changed."""

import asyncio

import pytest

from backchannel.chat import accounts
from backchannel.chat.budgets import TAKEN_BURST, TAKEN_RATE
from backchannel.chat.core import Core
from backchannel.domain.errors import (
    Conflict,
    EmailTaken,
    Invalid,
    NotConfirmed,
    NotFound,
    Throttled,
)
from tests.support.clock import ManualClock
from tests.support.core import PASSWORD, make_user


async def test_a_user_is_found_by_id_and_by_name(core: Core) -> None:
    user = await make_user(core, "ada")
    assert await accounts.find_user(core, user.id) == user
    assert await accounts.find_user(core, "ADA") == user
    with pytest.raises(NotFound):
        await accounts.find_user(core, "nobody")


async def test_a_profile_changes_in_part(core: Core) -> None:
    user = await make_user(core, "ada")
    changed = await accounts.update_profile(core, user.id, display_name="Ada Lovelace")
    assert (changed.display_name, changed.email) == ("Ada Lovelace", user.email)
    changed = await accounts.update_profile(
        core, user.id, email="countess@example.org", password=PASSWORD
    )
    assert (changed.display_name, changed.email) == ("Ada Lovelace", "countess@example.org")


async def test_a_profile_refuses_what_a_registration_refuses(core: Core) -> None:
    user, other = await make_user(core, "ada"), await make_user(core, "bob")
    with pytest.raises(Invalid):
        await accounts.update_profile(core, user.id, display_name=" ")
    with pytest.raises(Invalid):
        await accounts.update_profile(core, user.id, email="nobody")
    with pytest.raises(EmailTaken):
        await accounts.update_profile(core, user.id, email=other.email, password=PASSWORD)
    with pytest.raises(NotFound):
        await accounts.update_profile(core, "nobody", display_name="Ada")


async def test_S10_a_new_email_needs_the_password(core: Core) -> None:
    user, other = await make_user(core, "ada"), await make_user(core, "bob")
    for email in ("new@example.org", other.email):
        with pytest.raises(Invalid) as missing:
            await accounts.update_profile(core, user.id, email=email)
        with pytest.raises(NotConfirmed) as wrong:
            await accounts.update_profile(core, user.id, email=email, password="wrong password")
        assert (missing.value.field, wrong.value.field) == ("password", "password")
    assert await accounts.profile(core, user.id) == user


async def test_S10_a_user_can_probe_only_a_few_taken_email_addresses(
    core: Core, clock: ManualClock
) -> None:
    user, other = await make_user(core, "ada"), await make_user(core, "bob")

    async def probe(email: str | None) -> None:
        await accounts.update_profile(core, user.id, email=email, password=PASSWORD)

    for _ in range(TAKEN_BURST):
        with pytest.raises(EmailTaken):
            await probe(other.email)
    for email in (other.email, "free@example.org"):
        with pytest.raises(Throttled) as refusal:
            await probe(email)
        assert refusal.value.retry_after == pytest.approx(1 / TAKEN_RATE)
    clock.advance(1 / TAKEN_RATE)
    await probe("free@example.org")


@pytest.mark.parametrize("field", ["username", "email"])
async def test_S10_an_address_can_probe_only_a_few_taken_names(core: Core, field: str) -> None:
    await make_user(core, "ada")

    async def probe(name: str, address: str) -> None:
        username, email = (name, None) if field == "username" else ("eve", f"{name}@example.org")
        await accounts.register(
            core, username=username, email=email, password=PASSWORD, address=address
        )

    for number in range(TAKEN_BURST):
        with pytest.raises(Conflict):
            await probe("ada", f"2001:db8::{number}")
    for name in ("ada", "new"):
        with pytest.raises(Throttled):
            await probe(name, "2001:db8::ffff")
    await probe("new", "192.0.2.1")


async def test_S10_concurrent_requests_do_not_reveal_more_taken_names(core: Core) -> None:
    await make_user(core, "ada")

    async def probe() -> type[Exception]:
        with pytest.raises((Conflict, Throttled)) as refusal:
            await accounts.register(
                core, username="ada", email=None, password=PASSWORD, address="192.0.2.1"
            )
        return refusal.type

    refusals = await asyncio.gather(*(probe() for _ in range(3 * TAKEN_BURST)))
    learnt = [each for each in refusals if issubclass(each, Conflict)]
    assert len(learnt) < TAKEN_BURST + core.policy.hashes_at_once


async def test_users_are_listed_by_name_in_pages(core: Core) -> None:
    for name in ("cleo", "Bob", "ada", "dora"):
        await make_user(core, name)
    first = await accounts.list_users(core, limit=2)
    assert [user.username for user in first] == ["ada", "Bob"]
    rest = await accounts.list_users(core, after="Bob", limit=1_000_000)
    assert [user.username for user in rest] == ["cleo", "dora"]
    assert [user.username for user in await accounts.list_users(core, search="DOR")] == ["dora"]
    assert len(await accounts.list_users(core, limit=-5)) == 1


@pytest.mark.parametrize("name", ["ada\0", "\ud800", "a" * 255, "ada\n"])
async def test_invalid_names_do_not_reach_the_database(core: Core, name: str) -> None:
    for search in (
        accounts.find_user(core, name),
        accounts.list_users(core, after=name),
        accounts.list_users(core, search=name),
    ):
        with pytest.raises(Invalid):
            await search
