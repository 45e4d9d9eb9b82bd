"""Detection of a database that was restored or replaced (rule R5).

Devices continue from positions that they keep themselves. Where acknowledged messages may be gone,
every log needs a new epoch. The database stores a mark of its location: its server, and the time
when one of its tables was made. Restoring a dump makes the table again, and a replica that takes
over is another server.

A copy of all files that is put back unchanged is not always noticed: the operator has to say so, as
`docs/databases.md` describes.
"""

import logging

from backchannel.storage.sql.mysql.driver import Driver
from backchannel.storage.sql.mysql.literals import literal

# MySQL has an identifier of its server; of MariaDB, only newer releases have one.
SERVER = """
SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_uuid', 'server_uid')
"""
MADE_AT = """
SELECT unix_timestamp(create_time) FROM information_schema.tables
WHERE table_schema = database() AND table_name = 'log_head'
"""
READ = "SELECT mark FROM instance"
WRITE = "UPDATE instance SET mark = {}"
CHANGE_EPOCHS = "UPDATE log_head SET epoch = left(replace(uuid(), '-', ''), 16)"

_logger = logging.getLogger("backchannel.storage")


async def is_elsewhere(driver: Driver) -> bool:
    """True if the database has been moved or restored."""
    return bool(await driver.fetchval(READ) != await _identity(driver))


async def require_kept(driver: Driver) -> None:
    """Raise the driver's error if the tables are gone: a session outlives its database.

    The time at which they were made is not compared: it also changes when a table is optimized.
    """
    await driver.fetch(READ)


async def recognise(driver: Driver, name: str) -> None:
    """Give all logs a new epoch if the database has been moved or restored, and log it."""
    async with driver.transaction():
        mark = await driver.fetchval(f"{READ} FOR UPDATE")
        found = await _identity(driver)
        if mark == found:
            return
        changed = await driver.execute(CHANGE_EPOCHS)
        await driver.execute(WRITE.format(literal(found)))
    if changed:
        _logger.error(
            "%s was restored, or another server took its place. All logs have a new epoch, so"
            " every device fetches its state afresh",
            name,
        )


async def _identity(driver: Driver) -> str:
    servers = [value for _, value in await driver.fetch(SERVER)]
    return "/".join([*servers, str(await driver.fetchval(MADE_AT))])
