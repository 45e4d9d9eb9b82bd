"""The claim of the servers that use a database: a single one, or several that are joined by a bus.

Locks of a session are exclusive here. So a server alone holds `SERVER`, and each of several holds
one of `SHARES`, which it takes while it holds `SERVER` for a moment.
"""

import asyncio
import time
from collections.abc import Sequence

from backchannel.storage import CannotOpen
from backchannel.storage.sql.mysql.driver import Driver

SERVER = "server"
"""The lock that a server alone holds."""
SHARES = tuple(f"server{number}" for number in range(64))
"""The locks of servers that are joined, one each."""
CLAIM_SECONDS = 12
"""Seconds to wait for the lock of a server that is ending, or whose machine died."""
CLAIM_PAUSE = 0.2
LOCK_NAME = "concat('backchannel.', '{}', '.', left(sha2(database(), 256), 32))"
"""The name of a lock; names count in the whole server, so it contains that of the database."""


async def claim(
    driver: Driver, name: str, *, joined: bool = False, seconds: float | None = None
) -> None:
    """Claim the database. Raises `CannotOpen` while other servers exclude that.

    `SERVER` is held after that in any case: no other server can claim it until `admit_others`.
    """
    seconds = CLAIM_SECONDS if seconds is None else seconds
    until = time.monotonic() + seconds
    if not await take_lock(driver, SERVER, seconds=round(seconds)):
        raise _refused(name)
    while not joined and await in_use(driver, SHARES):
        if time.monotonic() > until:
            raise _refused(name)
        await asyncio.sleep(CLAIM_PAUSE)
    if joined and not await _take_share(driver):
        raise CannotOpen(f"{name} is in use by {len(SHARES)} servers, which is the maximum")


async def admit_others(driver: Driver, *, joined: bool) -> None:
    """Let other servers begin that are joined by the same bus."""
    if joined:
        await release_lock(driver, SERVER)


async def is_shared(driver: Driver) -> bool:
    """True if other servers use the database."""
    return await in_use(driver, SHARES)


async def _take_share(driver: Driver) -> bool:
    for share in SHARES:
        if await take_lock(driver, share):
            return True
    return False


def _refused(name: str) -> CannotOpen:
    return CannotOpen(
        f"{name} is in use by another server; stop it, or name another database."
        " Several servers need a bus that all of them name (bus.url)"
    )


async def take_lock(driver: Driver, lock: str, *, seconds: int = 0) -> bool:
    """Take a lock; False if another session holds it until the timeout."""
    return bool(await driver.fetchval(f"SELECT get_lock({LOCK_NAME.format(lock)}, {seconds})"))


async def release_lock(driver: Driver, lock: str) -> None:
    """Give up a lock."""
    await driver.fetch(f"SELECT release_lock({LOCK_NAME.format(lock)})")


async def in_use(driver: Driver, locks: Sequence[str]) -> bool:
    """True if another session holds one of these locks."""
    others = " OR ".join(
        f"ifnull(is_used_lock({LOCK_NAME.format(each)}), connection_id()) <> connection_id()"
        for each in locks
    )
    return bool(await driver.fetchval(f"SELECT {others}"))
