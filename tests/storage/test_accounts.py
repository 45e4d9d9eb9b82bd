"""Users: found, listed, changed."""

import pytest

from backchannel.domain.errors import EmailTaken, UsernameTaken
from backchannel.ports.storage import Storage
from tests.storage.people import AT, Pair, make_account, make_user


async def test_an_account_is_found_by_id_name_and_address(storage: Storage) -> None:
    account = make_account("Ada", email="Ada@Example.org")
    await storage.create_user(account)
    assert await storage.account(account.user.id) == account
    assert await storage.account_by_username("aDA") == account
    assert await storage.account_by_email("ada@example.ORG") == account
    assert await storage.account("nobody") is None
    assert await storage.account_by_username("nobody") is None
    assert await storage.account_by_email("nobody@example.org") is None


async def test_a_new_log_is_empty_and_has_its_own_epoch(storage: Storage, pair: Pair) -> None:
    heads = await storage.heads([pair.ada, pair.bob, "nobody"])
    assert set(heads) == {pair.ada, pair.bob}
    assert {(head.position, head.floor) for head in heads.values()} == {(0, 0)}
    assert heads[pair.ada].epoch != heads[pair.bob].epoch


async def test_names_and_addresses_are_unique_regardless_of_case(storage: Storage) -> None:
    await storage.create_user(make_account("straße", email="a@example.org"))
    with pytest.raises(UsernameTaken):
        await storage.create_user(make_account("STRASSE"))
    with pytest.raises(EmailTaken):
        await storage.create_user(make_account("other", email="A@EXAMPLE.ORG"))
    assert await storage.account_by_username("other") is None


async def test_users_gives_those_that_exist(storage: Storage, pair: Pair) -> None:
    users = await storage.users([pair.ada, "nobody", pair.bob, pair.ada])
    assert set(users) == {pair.ada, pair.bob}
    assert await storage.users([]) == {}


async def test_users_are_listed_page_by_page(storage: Storage) -> None:
    for name in ("cid", "Ada", "bob", "dan"):
        await make_user(storage, name)
    first = await storage.list_users(after=None, limit=2)
    rest = await storage.list_users(after=first[-1].username, limit=10)
    assert [user.username for user in (*first, *rest)] == ["Ada", "bob", "cid", "dan"]


@pytest.mark.parametrize(
    ("search", "found"),
    [("ADA", ["Ada"]), ("%", ["100%"]), ("_", []), ("\\", []), ("0", ["100%"]), ("", 2)],
)
async def test_a_search_takes_every_character_as_it_is(
    storage: Storage, search: str, found: list[str] | int
) -> None:
    await make_user(storage, "Ada")
    await make_user(storage, "100%")
    users = await storage.list_users(after=None, limit=10, search=search)
    assert found in ([user.username for user in users], len(users))


async def test_password_disabled_time_and_last_seen_are_stored(
    storage: Storage, pair: Pair
) -> None:
    await storage.set_password(pair.ada, "new hash", at=AT + 1)
    await storage.set_disabled(pair.ada, at=AT + 2)
    await storage.record_last_seen({pair.ada: AT + 9, "nobody": AT})
    await storage.record_last_seen({pair.ada: AT + 3})
    account = await storage.account(pair.ada)
    assert account is not None
    assert account.password_hash == "new hash"
    assert account.user.disabled_at == AT + 2
    assert account.user.last_seen_at == AT + 9
    await storage.set_disabled(pair.ada, at=None)
    assert (await storage.users([pair.ada]))[pair.ada].disabled_at is None


async def test_a_username_that_looks_like_another_is_taken(storage: Storage) -> None:
    await make_user(storage, "ada")
    for name in ("аԁа", "ɑda", "ADA"):
        with pytest.raises(UsernameTaken):
            await make_user(storage, name)
    await make_user(storage, "adam")
