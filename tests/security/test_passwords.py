"""Password hashes are slow, whole, and made a few at a time."""

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import bcrypt
import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from backchannel.domain.errors import Overloaded
from backchannel.security.passwords import Kind, PooledPasswords, PrehashedBcrypt, argon2

PASSWORD = "mist over the harbour"
LONG = "x" * 72
PLAIN = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()


@pytest.fixture
def passwords() -> Iterator[PooledPasswords]:
    pool = PooledPasswords(argon=argon2(memory=8, passes=1), bcrypt_rounds=10)
    yield pool
    pool.close()


@pytest.fixture
def bcrypts() -> Iterator[PooledPasswords]:
    pool = PooledPasswords("bcrypt", argon=argon2(memory=8, passes=1), bcrypt_rounds=10)
    yield pool
    pool.close()


async def test_S7_argon2id_with_19_MiB_and_two_passes_is_the_default() -> None:
    pool = PooledPasswords()
    hashed = await pool.hash(PASSWORD)
    pool.close()
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("kind", ["argon2id", "bcrypt"])
async def test_S7_a_hash_matches_only_its_password(kind: Kind) -> None:
    pool = PooledPasswords(kind, argon=argon2(memory=8, passes=1), bcrypt_rounds=10)
    hashed = await pool.hash(PASSWORD)
    assert PASSWORD not in hashed
    assert await pool.verify(PASSWORD, hashed) == (True, None)
    assert await pool.verify(PASSWORD + " ", hashed) == (False, None)
    assert await pool.hash(PASSWORD) != hashed
    pool.close()


@pytest.mark.parametrize("kind", ["argon2id", "bcrypt"])
@pytest.mark.parametrize("password", [LONG, "ü" * 100, "🗝" * 128, "a\0b", "😀" * 20 + "a"])
async def test_S7_long_passwords_are_not_truncated(kind: Kind, password: str) -> None:
    pool = PooledPasswords(kind, argon=argon2(memory=8, passes=1), bcrypt_rounds=10)
    hashed = await pool.hash(password)
    assert (await pool.verify(password, hashed))[0]
    assert not (await pool.verify(password + "b", hashed))[0]
    assert not (await pool.verify(password[:-1], hashed))[0]
    pool.close()


def test_S7_fewer_than_ten_bcrypt_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="10"):
        PrehashedBcrypt(9)


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
async def test_S7_imported_bcrypt_hashes_match_and_are_replaced(
    passwords: PooledPasswords, prefix: str
) -> None:
    imported = prefix + PLAIN[4:]
    matches, fresh = await passwords.verify(PASSWORD, imported)
    assert matches
    assert fresh is not None
    assert fresh.startswith("$argon2id$")
    assert await passwords.verify(PASSWORD, fresh) == (True, None)
    assert await passwords.verify("something else", imported) == (False, None)


async def test_S7_an_imported_hash_does_not_match_longer_passwords_with_the_same_72_bytes(
    passwords: PooledPasswords,
) -> None:
    imported = bcrypt.hashpw(LONG.encode(), bcrypt.gensalt(10)).decode()
    assert (await passwords.verify(LONG, imported))[0]
    assert await passwords.verify(LONG + "y", imported) == (False, None)


async def test_S7_hashes_of_the_other_kind_or_of_old_costs_are_replaced(
    passwords: PooledPasswords, bcrypts: PooledPasswords
) -> None:
    _, stronger = await bcrypts.verify(PASSWORD, await passwords.hash(PASSWORD))
    assert stronger is not None
    assert stronger.startswith("$bcrypt-sha256$2b$10$")
    _, back = await passwords.verify(PASSWORD, stronger)
    assert back is not None
    weaker = Argon2Hasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    _, renewed = await passwords.verify(PASSWORD, weaker)
    assert renewed is not None


async def test_accents_may_be_typed_either_way(passwords: PooledPasswords) -> None:
    hashed = await passwords.hash("cafe\u0301 creme")
    assert (await passwords.verify("caf\u00e9 creme", hashed))[0]
    decomposed = bcrypt.hashpw("cafe\u0301 creme".encode(), bcrypt.gensalt(10)).decode()
    _, fresh = await passwords.verify("cafe\u0301 creme", decomposed)
    assert fresh is not None
    assert (await passwords.verify("caf\u00e9 creme", fresh))[0]


@pytest.mark.parametrize("hashed", ["", "!", "*", "plain text", "$1$md5$x", "$2x$10$" + "a" * 53])
async def test_an_unknown_kind_of_hash_matches_no_password(
    passwords: PooledPasswords, hashed: str
) -> None:
    assert await passwords.verify(hashed, hashed) == (False, None)


class _Gauge:
    """Counts how many hashes are being made at the same time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running = 0
        self.most = 0
        self.threads: set[str] = set()

    def hash(self, *_: object, **__: object) -> str:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
            self.threads.add(threading.current_thread().name)
        time.sleep(0.005)
        with self.lock:
            self.running -= 1
        return "hash"


def _gauged(gauge: _Gauge, **options: Any) -> PooledPasswords:
    hasher = argon2(memory=8, passes=1)
    hasher.hash = gauge.hash  # type: ignore[method-assign]
    return PooledPasswords(argon=hasher, **options)


async def test_S7_200_passwords_are_hashed_two_at_a_time_off_the_event_loop() -> None:
    gauge = _Gauge()
    pool = _gauged(gauge)
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - before)

    beating = asyncio.create_task(beat())
    await asyncio.gather(*(pool.hash(PASSWORD) for _ in range(200)))
    beating.cancel()
    pool.close()
    assert gauge.most == 2
    assert all(name.startswith("passwords") for name in gauge.threads)
    assert longest < 0.25


async def test_S7_a_full_queue_refuses_at_once_and_accepts_again_later() -> None:
    pool = _gauged(_Gauge(), threads=2, line=10)
    outcomes = await asyncio.gather(
        *(pool.hash(PASSWORD) for _ in range(50)), return_exceptions=True
    )
    refused = [each for each in outcomes if isinstance(each, Overloaded)]
    assert len(refused) == 38
    assert all(each.retry_after for each in refused)
    assert await pool.hash(PASSWORD) == "hash"
    pool.close()


async def test_S7_a_cancelled_request_leaves_the_queue() -> None:
    gauge = _Gauge()
    pool = _gauged(gauge, threads=1, line=100)
    waiting = [asyncio.create_task(pool.hash(PASSWORD)) for _ in range(60)]
    await asyncio.sleep(0.01)
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert pool._pending == 0
    assert await pool.hash(PASSWORD) == "hash"
    pool.close()
