"""Detection of a database that was restored or replaced (rule R5).

Devices continue from positions that they keep themselves. Where acknowledged messages may be gone,
every log needs a new epoch. The database stores a mark of its location: the system, its timeline,
and the numbers of the database and of a table in it. A dump that is restored has another table, a
recovery to a point in time or a standby that takes over begins another timeline.

A copy of all files that is put back unchanged is not noticed: the operator has to say so, as
`docs/databases.md` describes.
"""

import logging

from backchannel.storage.sql.postgresql.driver import Driver

IDENTITY = """
SELECT concat_ws('/', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
    (SELECT oid FROM pg_database WHERE datname = current_database()), 'log_head'::regclass::oid)
FROM pg_control_system()
"""
READ = "SELECT mark FROM instance FOR UPDATE"
WRITE = "UPDATE instance SET mark = $1"
CHANGE_EPOCHS = "UPDATE log_head SET epoch = left(replace(gen_random_uuid()::text, '-', ''), 16)"

_logger = logging.getLogger("backchannel.storage")


async def is_elsewhere(driver: Driver, opened_at: str) -> bool:
    """True if the database is not where this server has opened it.

    The mark alone does not tell: another server may have opened the restored database already.
    """
    mark = await driver.fetchval("SELECT mark FROM instance")
    return bool(mark != opened_at or mark != await driver.fetchval(IDENTITY))


async def recognise(driver: Driver, name: str) -> str:
    """Give all logs a new epoch if the database has been moved or restored, and log it.

    Returns its location.
    """
    async with driver.transaction():
        mark, found = await driver.fetchval(READ), await driver.fetchval(IDENTITY)
        if mark == found:
            return str(found)
        changed = await driver.execute(CHANGE_EPOCHS)
        await driver.execute(WRITE, found)
    if changed != "UPDATE 0":
        _logger.error(
            "%s was restored, or another server took its place. All logs have a new epoch, so"
            " every device fetches its state afresh",
            name,
        )
    return str(found)
