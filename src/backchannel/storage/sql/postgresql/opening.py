"""Opening a PostgreSQL database: reached, checked, and brought to the current schema."""

import asyncio
import time

from backchannel.storage.errors import CannotOpen
from backchannel.storage.sql.postgresql.database import PostgresqlDatabase
from backchannel.storage.sql.postgresql.driver import (
    Address,
    Driver,
    address_of,
    connect,
    require_fitness,
)
from backchannel.storage.sql.postgresql.faults import REFUSED
from backchannel.storage.sql.postgresql.health import Watch
from backchannel.storage.sql.postgresql.indexer import Indexer
from backchannel.storage.sql.postgresql.migrating import migrate, read_version
from backchannel.storage.sql.postgresql.rollback import CHANGE_EPOCHS, is_elsewhere, recognise
from backchannel.storage.sql.postgresql.storage import PostgresqlStorage
from backchannel.storage.sql.postgresql.threads import LoopThread
from backchannel.storage.sql.versions import needs_migration

CLAIM = "SELECT pg_try_advisory_lock($1)"
CLAIM_LOCK = 0x6261636B_00000003
"""The advisory lock that a server holds; see `docs/databases.md`."""
CLAIM_SECONDS = 12.0
"""For how long the lock of a server that is ending, or whose machine died, is waited for."""
CLAIM_PAUSE = 0.2


async def open_postgresql(
    url: str, *, production: bool = False, serving: bool = False
) -> PostgresqlStorage:
    """Open the database that `url` names, whose tables are made if there are none.

    In `production` the server must be one that keeps what it has committed. There can be one that
    is `serving`. Raises `CannotOpen`.
    """
    address = address_of(url)
    thread = LoopThread()
    try:
        return await thread.run(_open(address, thread, production=production, serving=serving))
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
    driver = await _connected(address)
    try:
        await require_fitness(driver, address, production=production)
        version = await read_version(driver, address.name)
        outdated = needs_migration(version, name=address.name)
    finally:
        driver.terminate()
    server = f"PostgreSQL {driver.get_server_version().major}"
    if version is None:
        return f"{server}, no tables yet: the first start makes them"
    return f"{server}, schema {version}{', older than this program' if outdated else ''}"


async def begin_epochs_postgresql(url: str) -> int:
    """Give every log a new epoch, while no server runs; how many there are. Raises `CannotOpen`."""
    address = address_of(url)
    driver = await _connected(address)
    try:
        await _claim(driver, address)
        if await read_version(driver, address.name) is None:
            return 0
        return int((await driver.execute(CHANGE_EPOCHS)).rpartition(" ")[2])
    finally:
        driver.terminate()


async def _connected(address: Address) -> Driver:
    try:
        return await connect(address)
    except (*REFUSED, ValueError) as error:
        raise CannotOpen(f"{address.name} cannot be opened: {str(error) or 'no answer'}") from error


async def _open(
    address: Address, thread: LoopThread, *, production: bool, serving: bool
) -> PostgresqlStorage:
    driver = await _connected(address)
    try:
        await require_fitness(driver, address, production=production)
        if serving:
            await _claim(driver, address)
        await migrate(driver, address.name)
        await recognise(driver, address.name)
    except REFUSED as error:
        driver.terminate()
        raise CannotOpen(f"{address.name} cannot be used: {error}") from error
    except BaseException:
        driver.terminate()
        raise
    database = await PostgresqlDatabase.open(address, thread)

    async def reopen() -> Driver:
        return await _reopened(address, serving=serving)

    database.attend(Watch(driver, reopen, database.abort), Indexer(database))
    return PostgresqlStorage(database)


async def _claim(driver: Driver, address: Address) -> None:
    until = time.monotonic() + CLAIM_SECONDS
    while not await driver.fetchval(CLAIM, CLAIM_LOCK):
        if time.monotonic() > until:
            raise CannotOpen(
                f"{address.name} is in use by another server; stop it, or name another database"
            )
        await asyncio.sleep(CLAIM_PAUSE)


async def _reopened(address: Address, *, serving: bool) -> Driver:
    """A connection to the database that was away. Raises `CannotOpen` if it is not the same."""
    driver = await connect(address)
    try:
        await _require_same(driver, address, serving=serving)
    except BaseException:
        driver.terminate()
        raise
    return driver


async def _require_same(driver: Driver, address: Address, *, serving: bool) -> None:
    if await is_elsewhere(driver):
        raise CannotOpen(
            f"{address.name} was restored, or another server took its place; restart this one"
        )
    if serving and not await driver.fetchval(CLAIM, CLAIM_LOCK):
        raise ConnectionError("another server of ours uses the database")
