"""Login sessions."""

import asyncio

from backchannel.ports.storage import Storage
from tests.storage.people import AT, Pair, make_login


async def test_logins_are_listed_newest_first(storage: Storage, pair: Pair) -> None:
    old, new = make_login(pair.ada), make_login(pair.ada, created_at=AT + 1)
    for login in (old, new, make_login(pair.bob)):
        await storage.create_login(login)
    assert await storage.login(old.id) == old
    assert await storage.login("unknown") is None
    assert await storage.logins(pair.ada) == [new, old]


async def test_S3_one_caller_rotates_a_generation(storage: Storage, pair: Pair) -> None:
    login = make_login(pair.ada)
    await storage.create_login(login)
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
        await storage.create_login(login)
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
