"""A new password ends every login; an old one opens none, even in a race."""

import asyncio
from typing import Any

import bcrypt
import pytest

from backchannel.chat import accounts, logins
from backchannel.chat.core import Core
from backchannel.domain.errors import (
    Invalid,
    NotConfirmed,
    NotFound,
    Unauthenticated,
    WrongPassword,
)
from tests.support.core import PASSWORD, make_user

NEW = "frost on the window"


async def log_in(core: Core, password: str = PASSWORD) -> logins.IssuedTokens:
    return await logins.login(core, identifier="ada", password=password)


async def test_S2_a_new_password_ends_all_logins_and_begins_one(
    core: Core, ended: list[str]
) -> None:
    await make_user(core, "ada")
    issued = [await log_in(core) for _ in range(3)]
    identity = await logins.authenticate(core, issued[0].access_token)
    fresh = await accounts.change_password(core, identity, old=PASSWORD, new=NEW)
    assert sorted(ended) == sorted(each.login_id for each in issued)
    for each in issued:
        with pytest.raises(Unauthenticated):
            await logins.authenticate(core, each.access_token)
        with pytest.raises(Unauthenticated):
            await logins.refresh(core, each.refresh_token)
    assert (await logins.authenticate(core, fresh.access_token)).user_id == identity.user_id
    with pytest.raises(WrongPassword):
        await log_in(core)
    await log_in(core, NEW)


async def test_S2_a_password_change_needs_the_old_password(core: Core, ended: list[str]) -> None:
    await make_user(core, "ada")
    identity = await logins.authenticate(core, (await log_in(core)).access_token)
    with pytest.raises(NotConfirmed):
        await accounts.change_password(core, identity, old="not the password", new=NEW)
    assert not ended
    await log_in(core)


@pytest.mark.parametrize("new", ["short", "12345678", PASSWORD, "ada@example.org"])
async def test_S8_a_new_password_must_meet_the_rules_of_registration(core: Core, new: str) -> None:
    await make_user(core, "ada")
    identity = await logins.authenticate(core, (await log_in(core)).access_token)
    with pytest.raises(Invalid) as refusal:
        await accounts.change_password(core, identity, old=PASSWORD, new=new)
    assert refusal.value.field == "new_password"


async def test_S2_an_operator_sets_a_password_and_ends_all_logins(
    core: Core, ended: list[str]
) -> None:
    user = await make_user(core, "ada")
    tokens = await log_in(core)
    await accounts.set_password(core, user.id, NEW)
    assert ended == [tokens.login_id]
    await log_in(core, NEW)
    with pytest.raises(NotFound):
        await accounts.set_password(core, "nobody", NEW)


async def test_S2_disabling_ends_all_logins(core: Core, ended: list[str]) -> None:
    user = await make_user(core, "ada")
    tokens = await log_in(core)
    await accounts.disable(core, user.id)
    assert ended == [tokens.login_id]
    with pytest.raises(Unauthenticated):
        await logins.refresh(core, tokens.refresh_token)
    with pytest.raises(NotFound):
        await accounts.disable(core, "nobody")


async def test_S2_of_two_concurrent_changes_one_login_survives(core: Core) -> None:
    user = await make_user(core, "ada")
    identity = await logins.authenticate(core, (await log_in(core)).access_token)
    outcomes = await asyncio.gather(
        *(accounts.change_password(core, identity, old=PASSWORD, new=NEW + i) for i in "12"),
        return_exceptions=True,
    )
    begun = {each.login_id for each in outcomes if isinstance(each, logins.IssuedTokens)}
    live = {login.id for login in await core.storage.logins(user.id)}
    assert len(live) <= 1
    assert live <= begun


@pytest.mark.parametrize("act", ["change", "disable"])
async def test_S2_a_login_that_races_with_the_end_of_all_logins_does_not_survive(
    core: Core, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    user = await make_user(core, "ada")
    create_login = core.storage.create_login

    async def interrupted(login: Any, *, password_hash: str) -> bool:
        monkeypatch.undo()
        if act == "change":
            await accounts.set_password(core, user.id, NEW)
        else:
            await accounts.disable(core, user.id)
        return await create_login(login, password_hash=password_hash)

    monkeypatch.setattr(core.storage, "create_login", interrupted)
    with pytest.raises(WrongPassword):
        await log_in(core)
    assert not await core.storage.logins(user.id)


async def test_S7_an_imported_hash_is_renewed_by_the_first_of_many_logins(core: Core) -> None:
    user = await make_user(core, "ada")
    imported = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()
    await core.storage.set_password(user.id, imported, at=core.clock.now())
    await asyncio.gather(*(log_in(core) for _ in range(5)))
    account = await core.storage.account(user.id)
    assert account is not None
    assert account.password_hash.startswith("$argon2id$")
    await log_in(core)


async def test_S7_rehashing_never_restores_an_old_password(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await make_user(core, "ada")
    imported = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()
    await core.storage.set_password(user.id, imported, at=core.clock.now())
    verify = core.passwords.verify

    async def interrupted(password: str, hashed: str) -> tuple[bool, str | None]:
        monkeypatch.undo()
        result = await verify(password, hashed)
        await accounts.set_password(core, user.id, NEW)
        return result

    monkeypatch.setattr(core.passwords, "verify", interrupted)
    with pytest.raises(WrongPassword):
        await log_in(core)
    await log_in(core, NEW)
