"""Opening a MariaDB or MySQL database: reached, checked, and brought to the current schema."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from backchannel.storage import CannotOpen
from backchannel.storage.shared.threads import LoopThread
from backchannel.storage.sql.migrations import needs_migration
from backchannel.storage.sql.mysql.address import Address, address_of
from backchannel.storage.sql.mysql.claim import admit_others, claim, is_shared
from backchannel.storage.sql.mysql.database import MysqlDatabase
from backchannel.storage.sql.mysql.driver import Driver, connect
from backchannel.storage.sql.mysql.faults import AGAIN, REFUSED
from backchannel.storage.sql.mysql.index import step
from backchannel.storage.sql.mysql.migrating import migrate, read_version, require_writable
from backchannel.storage.sql.mysql.products import (
    SETTINGS,
    Product,
    product_of,
    require_settings,
    require_version,
)
from backchannel.storage.sql.mysql.rollback import (
    CHANGE_EPOCHS,
    is_elsewhere,
    recognise,
    require_kept,
)
from backchannel.storage.sql.mysql.storage import MysqlStorage
from backchannel.storage.sql.servers.health import HealthCheck
from backchannel.storage.sql.servers.index import Indexer
from backchannel.storage.sql.servers.opening import (
    description,
    is_current,
    require_same,
    terminated_on_failure,
)
from backchannel.telemetry.failures import reason

# The session that holds it asks twice a second.
END_SOON_AFTER_LOSS = "SET wait_timeout = 10"


async def open_mysql(
    url: str, *, production: bool = False, serving: bool = False, joined: bool = False
) -> MysqlStorage:
    """Open the database that `url` names, whose tables are made if there are none.

    In `production` the server must be one that keeps every commit. There can be one that
    is `serving`, or several that are `joined`. Raises `CannotOpen`.
    """
    address = address_of(url)
    thread = LoopThread()
    try:
        opening = _open(address, thread, production=production, serving=serving, joined=joined)
        return await thread.run(opening)
    except BaseException:
        await thread.stop()
        raise


async def migrate_mysql(url: str) -> None:
    """Bring the database to the current schema, while no server uses it. Raises `CannotOpen`."""
    storage = await open_mysql(url, serving=True)
    await storage.close()


async def examine_mysql(url: str, *, production: bool) -> str:
    """The version of the server and of the schema; nothing is changed. Raises `CannotOpen`."""
    address = address_of(url)
    async with _session(address, production=production) as (driver, product):
        version = await read_version(driver, address.name)
    return description(product.name, version, address.name)


async def mysql_is_current(url: str) -> bool | None:
    """True if the tables have the current schema, None if there are none. Raises `CannotOpen`."""
    address = address_of(url)
    async with _session(address) as (driver, _):
        version = await read_version(driver, address.name)
    return is_current(version, address.name)


async def begin_epochs_mysql(url: str) -> int:
    """Give all logs a new epoch while no server runs; returns their number. Raises `CannotOpen`."""
    address = address_of(url)
    async with _session(address) as (driver, _):
        await claim(driver, address.name)
        if await read_version(driver, address.name) is None:
            return 0
        return await driver.execute(CHANGE_EPOCHS)


@asynccontextmanager
async def _session(
    address: Address, *, production: bool = False
) -> AsyncGenerator[tuple[Driver, Product]]:
    """A connection for the length of a block. Raises `CannotOpen` if the server refuses."""
    driver, product = await _connected(address, production=production)
    with terminated_on_failure(driver, address.name, refused=(*AGAIN, *REFUSED)):
        yield driver, product
    driver.terminate()


async def _open(
    address: Address, thread: LoopThread, *, production: bool, serving: bool, joined: bool
) -> MysqlStorage:
    driver, product = await _connected(address, production=production)
    with terminated_on_failure(driver, address.name, refused=(*AGAIN, *REFUSED)):
        if serving:
            await claim(driver, address.name, joined=joined)
            await _require_current(driver, address.name, joined=joined)
        await migrate(driver, product, address.name)
        await require_writable(driver)
        await recognise(driver, address.name)
        if serving:
            await admit_others(driver, joined=joined)
    database = await MysqlDatabase.open(address, product, thread)

    async def reopen() -> Driver:
        return await _reopened(address, serving=serving, joined=joined)

    refused = (*AGAIN, *REFUSED)
    health_check = HealthCheck(driver, require_kept, reopen, database.abort, refused=refused)
    database.use_health_check(health_check, Indexer(database, step))
    return MysqlStorage(database)


async def _connected(address: Address, *, production: bool) -> tuple[Driver, Product]:
    """A connection to a server that is fit. Raises `CannotOpen`."""
    try:
        driver = await connect(address)
    except REFUSED as error:
        raise CannotOpen(f"{address.name} cannot be opened: {reason(error)}") from error
    with terminated_on_failure(driver, address.name, refused=REFUSED):
        product = await _prepared(driver, address.name)
        settings = {row[0]: row[1] for row in await driver.fetch(SETTINGS)}
        require_settings(settings, address.name, production=production)
    return driver, product


async def _prepared(driver: Driver, name: str) -> Product:
    """Configure the session as the statements expect it. Raises `CannotOpen`."""
    product = product_of(await driver.fetchval("SELECT version()"))
    require_version(product, name)
    await driver.execute(product.session)
    await driver.execute(END_SOON_AFTER_LOSS)
    return product


async def _require_current(driver: Driver, name: str, *, joined: bool) -> None:
    """Raise `CannotOpen` if servers of an older version use the database."""
    version = await read_version(driver, name)
    outdated = version is not None and needs_migration(version, name=name)
    if joined and outdated and await is_shared(driver):
        raise CannotOpen(
            f"{name} has an older schema, and servers of an older version use it; stop all of them,"
            " then start again"
        )


async def _reopened(address: Address, *, serving: bool, joined: bool) -> Driver:
    """A connection to the database that was away. Raises `CannotOpen` if it is not the same."""
    driver = await connect(address)
    with terminated_on_failure(driver, address.name):
        await _prepared(driver, address.name)
        version = await read_version(driver, address.name)
        # A database without tables has no mark of its location.
        elsewhere = version is not None and await is_elsewhere(driver)
        require_same(version, address.name, elsewhere=elsewhere)
        if serving:
            try:
                await claim(driver, address.name, joined=joined, seconds=1 if joined else 0)
            except CannotOpen:
                raise ConnectionError("another Backchannel server uses the database") from None
            await admit_others(driver, joined=joined)
    return driver
