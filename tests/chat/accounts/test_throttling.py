"""Guessing is slow, owners can always log in, unknown accounts take as long as known ones."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from backchannel.chat import accounts, budgets, credentials, logins
from backchannel.chat.core import Core
from backchannel.domain.accounts import EMAIL_LIMIT
from backchannel.domain.errors import NotConfirmed, Overloaded, Throttled, WrongPassword
from backchannel.security.passwords import PooledPasswords
from backchannel.security.throttle import LIMITS, Limit
from tests.support.clock import ManualClock
from tests.support.core import PASSWORD, make_core, make_user

GUESS = "a wrong guess"


@pytest.fixture
async def guarded(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Core]:
    monkeypatch.setattr(credentials, "SLOWED_SECONDS", 0.01)
    async with make_core(tmp_path, clock=clock, limits=LIMITS) as core:
        await make_user(core, "ada")
        yield core


class _Counter:
    """Counts the computed hashes, by purpose."""

    def __init__(self, core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
        self.verified = 0
        self.dummy_verified = 0
        verify, dummy_verify = core.passwords.verify, core.passwords.dummy_verify

        async def counted_verify(password: str, hashed: str) -> tuple[bool, str | None]:
            self.verified += 1
            return await verify(password, hashed)

        async def counted_dummy_verify(password: str) -> None:
            self.dummy_verified += 1
            await dummy_verify(password)

        monkeypatch.setattr(core.passwords, "verify", counted_verify)
        monkeypatch.setattr(core.passwords, "dummy_verify", counted_dummy_verify)


async def guess(core: Core, *, address: str, name: str = "ada", password: str = GUESS) -> bool:
    """True if the password was checked."""
    try:
        await logins.login(core, identifier=name, password=password, address=address)
    except WrongPassword:
        return True
    except Throttled as refusal:
        return refusal.retry_after is None
    return True


async def test_S9_one_address_may_guess_at_one_account_ten_times_a_minute(
    guarded: Core, clock: ManualClock
) -> None:
    looked_at = [await guess(guarded, address="192.0.2.1") for _ in range(15)]
    assert looked_at == [True] * 10 + [False] * 5
    assert not await guess(guarded, address="192.0.2.1", password=PASSWORD)
    assert not await guess(guarded, address="192.0.2.1", name="ADA@example.org")
    clock.advance(60)
    assert await guess(guarded, address="192.0.2.1", password=PASSWORD)


async def test_S9_failed_logins_of_one_address_at_all_accounts_are_limited(guarded: Core) -> None:
    allowed = LIMITS["login:address"].count
    names = [f"user{n}" for n in range(allowed + 10)]
    guesses = [await guess(guarded, address="192.0.2.1", name=name) for name in names]
    assert sum(guesses) == allowed


async def test_S9_successful_logins_do_not_count_against_an_address(
    tmp_path: Path, clock: ManualClock
) -> None:
    few = {**LIMITS, "login:address": Limit(3, 60)}
    async with make_core(tmp_path, clock=clock, limits=few) as core:
        await make_user(core, "ada")
        for _ in range(10):
            assert await guess(core, address="192.0.2.1", password=PASSWORD)
        guesses = [await guess(core, address="192.0.2.1", name=f"user{n}") for n in range(5)]
    assert sum(guesses) == 3


async def test_S9_an_IPv6_64_network_counts_as_one_address(guarded: Core) -> None:
    guesses = [await guess(guarded, address=f"2001:db8::{n:x}") for n in range(15)]
    assert sum(guesses) == 10
    assert await guess(guarded, address="2001:db8:0:1::1")
    mapped = [await guess(guarded, address="::ffff:192.0.2.1") for _ in range(10)]
    assert all(mapped)
    assert not await guess(guarded, address="192.0.2.1")


async def test_S9_an_attacker_with_many_addresses_delays_the_owner_but_does_not_lock_the_account(
    guarded: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(100):
        assert await guess(guarded, address=f"198.51.100.{number}")
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    await logins.login(guarded, identifier="ada", password=PASSWORD, address="192.0.2.1")
    assert waited == [credentials.SLOWED_SECONDS]


async def test_S9_a_successful_login_resets_only_its_own_pair(
    tmp_path: Path, clock: ManualClock
) -> None:
    few = {**LIMITS, "login:address": Limit(25, 60)}
    async with make_core(tmp_path, clock=clock, limits=few) as core:
        await make_user(core, "ada")
        for _ in range(4):
            for _ in range(6):
                assert await guess(core, address="192.0.2.1")
            assert await guess(core, address="192.0.2.1", password=PASSWORD)
        names = [await guess(core, address="192.0.2.1", name=name) for name in ("bob", "cleo")]
    assert names == [True, False]


async def test_S9_guesses_of_the_old_password_with_a_stolen_token_are_throttled(
    guarded: Core,
) -> None:
    tokens = await logins.login(guarded, identifier="ada", password=PASSWORD)
    identity = await logins.authenticate(guarded, tokens.access_token)
    for _ in range(10):
        with pytest.raises(NotConfirmed):
            await accounts.change_password(guarded, identity, old=GUESS, new="x" * 20)
    with pytest.raises(Throttled):
        await accounts.change_password(guarded, identity, old=PASSWORD, new="x" * 20)


@pytest.mark.parametrize("reveal", [True, False])
async def test_S10_an_unknown_account_costs_one_hash_like_a_known_one(
    core: Core, monkeypatch: pytest.MonkeyPatch, *, reveal: bool
) -> None:
    await make_user(core, "ada")
    counter = _Counter(core, monkeypatch)
    with pytest.raises(WrongPassword):
        await logins.login(core, identifier="ada", password=GUESS)
    assert (counter.verified, counter.dummy_verified) == (1, 0)
    with pytest.raises(Exception, match="the name or the password is wrong"):
        await logins.login_by_username(
            core, username="nobody", password=GUESS, reveal_unknown=reveal
        )
    assert (counter.verified, counter.dummy_verified) == (1, 1)


async def test_S9_a_throttled_login_costs_no_hash(
    guarded: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = _Counter(guarded, monkeypatch)
    for _ in range(50):
        await guess(guarded, address="192.0.2.1")
    assert counter.verified == 10


class _GatedHasher(Argon2Hasher):
    """Waits for the gate before it verifies."""

    def __init__(self, gate: threading.Event) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self._gate = gate
        self.asked: list[str | bytes] = []

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002 - its name
        self.asked.append(password)
        assert self._gate.wait(30)
        return super().verify(password, hash)


async def test_S7_200_concurrent_logins_succeed_and_further_ones_get_retry_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    monkeypatch.setattr(budgets, "WAITING", 198)
    passwords = PooledPasswords(argon=_GatedHasher(gate), threads=2)
    async with make_core(tmp_path, passwords=passwords) as core:
        await make_user(core, "ada")
        refused: list[Overloaded] = []

        async def attempt() -> logins.IssuedTokens | None:
            try:
                return await logins.login(core, identifier="ada", password=PASSWORD)
            except Overloaded as refusal:
                refused.append(refusal)
                if len(refused) == 100:
                    gate.set()
                return None

        issued = await asyncio.gather(*(attempt() for _ in range(300)))
    assert sum(each is not None for each in issued) == 200
    assert len(refused) == 100
    assert all(refusal.retry_after for refusal in refused)


async def test_S7_guesses_from_400_addresses_do_not_delay_a_login(tmp_path: Path) -> None:
    gate = threading.Event()
    hasher = _GatedHasher(gate)
    async with make_core(tmp_path, passwords=PooledPasswords(argon=hasher)) as core:
        await make_user(core, "ada")

        async def attempt(address: str, password: str) -> None:
            with contextlib.suppress(WrongPassword, Overloaded):
                await logins.login(core, identifier="ada", password=password, address=address)

        def guesses() -> list[asyncio.Task[None]]:
            addresses = (f"127.0.{n // 200}.{n % 200}" for n in range(400))
            return [asyncio.create_task(attempt(each, GUESS)) for each in addresses]

        gate.set()
        await asyncio.gather(*guesses())
        gate.clear()
        hasher.asked.clear()
        strangers = guesses()
        await asyncio.sleep(0.3)
        honest = asyncio.create_task(attempt("192.0.2.7", PASSWORD))
        await asyncio.sleep(0.3)
        gate.set()
        await asyncio.gather(honest, *strangers)
    assert len(hasher.asked) > 200
    assert hasher.asked.index(PASSWORD) < 10


async def test_S9_the_key_of_an_unknown_name_is_short(
    guarded: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    admitted: list[str] = []
    admit = guarded.throttle.admit

    async def noted_admit(*keys: str) -> None:
        admitted.extend(keys)
        await admit(*keys)

    monkeypatch.setattr(guarded.throttle, "admit", noted_admit)
    expanding = "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * EMAIL_LIMIT
    assert await guess(guarded, address="192.0.2.1", name=expanding)
    assert len(admitted) == 3
    assert max(map(len, admitted)) < 2 * EMAIL_LIMIT
