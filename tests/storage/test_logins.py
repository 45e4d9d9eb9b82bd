"""Logins."""

import asyncio

from backchannel.domain.ids import new_id
from backchannel.ports.storage import Storage
from tests.storage.people import AT, PASSWORD_HASH, Pair, add_login, make_login


async def test_logins_are_listed_newest_first(storage: Storage, pair: Pair) -> None:
    old, new = make_login(pair.ada), make_login(pair.ada, created_at=AT + 1)
    for login in (old, new, make_login(pair.bob)):
        await add_login(storage, login)
    assert await storage.login(old.id) == old
    assert await storage.login("unknown") is None
    assert await storage.logins(pair.ada) == [new, old]


async def test_S3_only_one_concurrent_caller_rotates_a_generation(
    storage: Storage, pair: Pair
) -> None:
    login = make_login(pair.ada)
    await add_login(storage, login)
    attempts = (
        storage.rotate_login(login.id, generation=0, at=AT + 1, until=AT + 99) for _ in range(20)
    )
    rotated, *others = await asyncio.gather(*attempts)
    assert rotated is not None
    assert others == [rotated] * 19
    assert rotated == await storage.login(login.id)
    assert (rotated.generation, rotated.last_used_at, rotated.expires_at) == (1, AT + 1, AT + 99)
    newest = await storage.rotate_login(login.id, generation=1, at=AT, until=AT)
    assert newest is not None
    assert newest.generation == 2
    assert await storage.rotate_login(login.id, generation=0, at=AT + 5, until=AT + 5) == newest
    assert not await storage.rotate_login("unknown", generation=0, at=AT, until=AT)


async def test_S2_logins_end_one_by_one_or_all_but_one(storage: Storage, pair: Pair) -> None:
    logins = [make_login(pair.ada, created_at=AT + n) for n in range(4)]
    other = make_login(pair.bob)
    for login in (*logins, other):
        await add_login(storage, login)
    one, two, three, four = (login.id for login in logins)
    assert await storage.end_logins(pair.ada, login_id=one, at=AT + 5) == [one]
    assert not await storage.end_logins(pair.ada, login_id=one, at=AT + 6)
    assert not await storage.end_logins(pair.ada, login_id=other.id, at=AT + 6)
    assert set(await storage.end_logins(pair.ada, keep=two, at=AT + 7)) == {three, four}
    assert [login.id for login in await storage.logins(pair.ada)] == [two]
    assert await storage.logins(pair.bob) == [other]
    assert not await storage.rotate_login(one, generation=0, at=AT, until=AT)
    assert set(await storage.logins_ended_since(AT + 6)) == {three, four}
    assert set(await storage.logins_ended_since(AT + 5)) == {one, three, four}


async def test_S2_a_login_needs_the_current_password_at_its_creation(
    storage: Storage, pair: Pair
) -> None:
    first, second = make_login(pair.ada), make_login(pair.ada, created_at=AT + 1)
    assert await storage.create_login(first, password_hash=PASSWORD_HASH)
    await storage.set_password(pair.ada, "another hash", at=AT + 2)
    assert not await storage.create_login(second, password_hash=PASSWORD_HASH)
    assert await storage.logins(pair.ada) == [first]
    assert await storage.create_login(second, password_hash="another hash")
    assert await storage.logins(pair.ada) == [second, first]


async def test_S2_a_disabled_or_unknown_account_cannot_log_in(storage: Storage, pair: Pair) -> None:
    await storage.set_disabled(pair.ada, at=AT + 1)
    assert not await storage.create_login(make_login(pair.ada), password_hash=PASSWORD_HASH)
    assert not await storage.create_login(make_login(new_id()), password_hash=PASSWORD_HASH)
    assert await storage.logins(pair.ada) == []
    await storage.set_disabled(pair.ada, at=None)
    assert await storage.create_login(make_login(pair.ada), password_hash=PASSWORD_HASH)
