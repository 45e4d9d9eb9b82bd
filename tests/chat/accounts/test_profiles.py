"""Profiles are looked up, listed and changed."""

import pytest

from backchannel.chat import accounts
from backchannel.chat.core import Core
from backchannel.domain.errors import EmailTaken, Invalid, NotFound
from tests.support.core import make_user


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
    changed = await accounts.update_profile(core, user.id, email="countess@example.org")
    assert (changed.display_name, changed.email) == ("Ada Lovelace", "countess@example.org")


async def test_a_profile_refuses_what_a_registration_refuses(core: Core) -> None:
    user, other = await make_user(core, "ada"), await make_user(core, "bob")
    with pytest.raises(Invalid):
        await accounts.update_profile(core, user.id, display_name=" ")
    with pytest.raises(Invalid):
        await accounts.update_profile(core, user.id, email="nobody")
    with pytest.raises(EmailTaken):
        await accounts.update_profile(core, user.id, email=other.email)
    with pytest.raises(NotFound):
        await accounts.update_profile(core, "nobody", display_name="Ada")


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
async def test_what_is_no_name_never_reaches_the_database(core: Core, name: str) -> None:
    for search in (
        accounts.find_user(core, name),
        accounts.list_users(core, after=name),
        accounts.list_users(core, search=name),
    ):
        with pytest.raises(Invalid):
            await search
