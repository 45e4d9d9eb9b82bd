"""Opening a PostgreSQL database: reached, checked, and brought to the current schema."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from backchannel.storage import CannotOpen
from backchannel.storage.shared.threads import LoopThread
from backchannel.storage.sql.migrations import SCHEMA_VERSION, needs_migration
from backchannel.storage.sql.postgresql.database import PostgresqlDatabase
from backchannel.storage.sql.postgresql.driver import (
    Address,
    Driver,
    address_of,
    connect,
)
from backchannel.storage.sql.postgresql.faults import REFUSED
from backchannel.storage.sql.postgresql.index import step
from backchannel.storage.sql.postgresql.migrating import migrate, read_version
from backchannel.storage.sql.postgresql.requirements import (
    require_ownership,
    require_sessions,
    require_settings,
)
from backchannel.storage.sql.postgresql.rollback import CHANGE_EPOCHS, is_elsewhere, recognise
from backchannel.storage.sql.postgresql.storage import PostgresqlStorage
from backchannel.storage.sql.servers.health import HealthCheck
from backchannel.storage.sql.servers.index import Indexer
from backchannel.storage.sql.servers.opening import (
    description,
    is_current,
    require_same,
    terminated_on_failure,
)
from backchannel.telemetry.failures import reason

CLAIM = "SELECT pg_try_advisory_lock($1)"
CLAIM_JOINED = "SELECT pg_try_advisory_lock_shared($1)"
DISCLAIM = "SELECT pg_advisory_unlock($1)"
CLAIM_LOCK = 0x6261636B_00000003
"""The advisory lock that a server holds; see `docs/databases.md`."""
CLAIM_SECONDS = 12.0
"""How long to wait for the lock of a server that is stopping, or whose machine died."""
CLAIM_PAUSE = 0.2


async def open_postgresql(
    url: str, *, production: bool = False, serving: bool = False, joined: bool = False
) -> PostgresqlStorage:
    """Open the database that `url` names, whose tables are made if there are none.

    In `production` the server must be one that keeps every commit. There can be one that
    is `serving`, or several that are `joined`. Raises `CannotOpen`.
    """
    address = address_of(url)
    thread = LoopThread()
    try:
        claim = (CLAIM_JOINED if joined else CLAIM) if serving else None
        return await thread.run(_open(address, thread, production=production, claim=claim))
    except BaseException:
        await thread.stop()
        raise


async def migrate_postgresql(url: str) -> None:
    """Bring the database to the current schema, while no server uses it. Raises `CannotOpen`."""
    storage = await open_postgresql(url, serving=True)
    await storage.close()


async def examine_postgresql(url: str, *, production: bool) -> str:
    """The version of the server and of the schema; nothing is changed. Raises `CannotOpen`."""
    address = address_of(url)
    async with _session(address) as driver:
        await require_settings(driver, address, production=production)
        await require_sessions(driver, address)
        await require_ownership(driver, address)
        version = await read_version(driver, address.name)
    server = f"PostgreSQL {driver.get_server_version().major}"
    return description(server, version, address.name)


async def postgresql_is_current(url: str) -> bool | None:
    """True if the tables have the current schema, None if there are none. Raises `CannotOpen`."""
    address = address_of(url)
    async with _session(address) as driver:
        version = await read_version(driver, address.name)
    return is_current(version, address.name)


async def begin_epochs_postgresql(url: str) -> int:
    """Give all logs a new epoch while no server runs; returns their number. Raises `CannotOpen`."""
    address = address_of(url)
    async with _session(address) as driver:
        await require_sessions(driver, address)
        await _claim(driver, address)
        if await read_version(driver, address.name) is None:
            return 0
        return int((await driver.execute(CHANGE_EPOCHS)).rpartition(" ")[2])


@asynccontextmanager
async def _session(address: Address) -> AsyncGenerator[Driver]:
    """A connection for the length of a block. Raises `CannotOpen` if the server refuses."""
    driver = await _connected(address)
    with terminated_on_failure(driver, address.name, refused=REFUSED):
        yield driver
    driver.terminate()


async def _connected(address: Address) -> Driver:
    try:
        return await connect(address)
    except (*REFUSED, ValueError) as error:
        raise CannotOpen(f"{address.name} cannot be opened: {reason(error)}") from error


async def _open(
    address: Address, thread: LoopThread, *, production: bool, claim: str | None
) -> PostgresqlStorage:
    driver = await _connected(address)
    with terminated_on_failure(driver, address.name, refused=REFUSED):
        await require_settings(driver, address, production=production)
        await require_sessions(driver, address)
        if claim is not None:
            await _claim(driver, address, claim)
        await require_ownership(driver, address)
        await _migrate(driver, address, claim)
        opened_at = await recognise(driver, address.name)
    database = await PostgresqlDatabase.open(address, thread)

    async def look(driver: Driver) -> None:
        elsewhere = await is_elsewhere(driver, opened_at)
        require_same(SCHEMA_VERSION, address.name, elsewhere=elsewhere)

    async def reopen() -> Driver:
        return await _reopened(address, claim, opened_at)

    health_check = HealthCheck(driver, look, reopen, database.abort, refused=REFUSED)
    database.use_health_check(health_check, Indexer(database, step))
    return PostgresqlStorage(database)


async def _migrate(driver: Driver, address: Address, claim: str | None) -> None:
    """Bring the database to the current schema, while no other server uses an older one."""
    version = await read_version(driver, address.name)
    if claim != CLAIM_JOINED or version is None or not needs_migration(version, name=address.name):
        await migrate(driver, address.name)
        return
    if not await driver.fetchval(CLAIM, CLAIM_LOCK):
        raise CannotOpen(
            f"{address.name} has an older schema, and servers of an older version use it; stop all"
            " of them, then start again"
        )
    await migrate(driver, address.name)
    await driver.execute(DISCLAIM, CLAIM_LOCK)


async def _claim(driver: Driver, address: Address, claim: str = CLAIM) -> None:
    until = time.monotonic() + CLAIM_SECONDS
    while not await driver.fetchval(claim, CLAIM_LOCK):
        if time.monotonic() > until:
            raise CannotOpen(
                f"{address.name} is in use by another server; stop it, or name another database."
                " Several servers need a bus that all of them name (bus.url)"
            )
        await asyncio.sleep(CLAIM_PAUSE)


async def _reopened(address: Address, claim: str | None, opened_at: str) -> Driver:
    """A connection to the database that was away. Raises `CannotOpen` if it is not the same."""
    driver = await connect(address)
    with terminated_on_failure(driver, address.name):
        version = await read_version(driver, address.name)
        # A database without tables has no mark of its location.
        elsewhere = version is not None and await is_elsewhere(driver, opened_at)
        require_same(version, address.name, elsewhere=elsewhere)
        if claim is not None and not await driver.fetchval(claim, CLAIM_LOCK):
            raise ConnectionError("another Backchannel server uses the database")
    return driver
