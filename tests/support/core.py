"""A core for tests: the real parts, with fast password hashing."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from backchannel.app.core import Ports, build_core
from backchannel.brokers.in_process import InProcessBus
from backchannel.chat import accounts
from backchannel.chat.core import Core, Policy
from backchannel.domain.users import User
from backchannel.files.opening import open_files
from backchannel.ports.responder import Responder
from backchannel.ports.security import Clock
from backchannel.security.clock import SystemClock
from backchannel.security.passwords import PooledPasswords, argon2
from backchannel.security.secret import HmacSeals
from backchannel.security.throttle import InProcessThrottle, Limit
from backchannel.security.tokens import JwtTokens
from backchannel.storage.opening import open_storage
from tests.support.sqlite import database_for

KEY = bytes(range(32))
PASSWORD = "mist over the harbour"


def cheap_passwords() -> PooledPasswords:
    """Argon2id at its fastest, for tests in which the strength of hashes does not matter."""
    return PooledPasswords(argon=argon2(memory=8, passes=1))


@asynccontextmanager
async def make_core(
    tmp_path: Path,
    *,
    clock: Clock | None = None,
    policy: Policy | None = None,
    limits: Mapping[str, Limit] | None = None,
    responder: Responder | None = None,
    passwords: PooledPasswords | None = None,
    database: str | None = None,
) -> AsyncIterator[Core]:
    """A core over a database in `tmp_path`, or over that of a URL.

    Nothing is throttled unless `limits` says so.
    """
    clock = clock or SystemClock()
    policy = policy or Policy()
    passwords = passwords or cheap_passwords()
    storage = await open_storage(database or await database_for(tmp_path))
    ports = Ports(
        storage=storage,
        files=await open_files(f"file://{tmp_path / 'files'}", uploads=tmp_path / "uploads"),
        bus=InProcessBus(),
        clock=clock,
        passwords=passwords,
        tokens=JwtTokens(
            KEY, clock, access_life=policy.access_life, refresh_life=policy.refresh_life
        ),
        seals=HmacSeals(KEY),
        throttle=InProcessThrottle(clock, limits or {}),
        responder=responder,
    )
    core = build_core(ports, policy)
    try:
        yield core
    finally:
        await core.answers.close()
        await core.sending.stop()
        await core.bus.close()
        passwords.close()
        await storage.close()


async def make_user(core: Core, username: str) -> User:
    """An account with `PASSWORD` and the e-mail address `username@example.org`."""
    return await accounts.create(
        core, username=username, email=f"{username}@example.org", password=PASSWORD
    )
