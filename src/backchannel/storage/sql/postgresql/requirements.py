"""The requirements of a PostgreSQL server: settings, rights and connections."""

import logging

from backchannel.storage import CannotOpen
from backchannel.storage.sql.postgresql import index
from backchannel.storage.sql.postgresql.driver import Address, Driver, connect
from backchannel.storage.sql.schema import metadata

MINIMUM_VERSION = 13
DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
OTHER_OWNER = """
SELECT min(pg_get_userbyid(relowner)) FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname = ANY($1)
AND to_regclass('alembic_version') IS NOT NULL AND to_regclass('log_head') IS NOT NULL
AND NOT pg_has_role(relowner, 'USAGE')
"""
"""Extensions may have added other tables, and another program may have tables of these names."""
TABLES = ("alembic_version", *metadata.tables, *index.metadata.tables)
PROCESS = "SELECT pg_backend_pid()"
ATTEMPTS = 3
"""The number of times that two connections are compared: others may use the same pooler."""

_logger = logging.getLogger("backchannel.storage")


async def require_settings(driver: Driver, address: Address, *, production: bool) -> None:
    """Raise `CannotOpen` for a server that is too old, or in production one that loses commits."""
    version = driver.get_server_version()
    if version.major < MINIMUM_VERSION:
        raise CannotOpen(
            f"{address.name} is PostgreSQL {version.major}: {MINIMUM_VERSION} or newer is needed"
        )
    encoding = await driver.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        raise CannotOpen(
            f"{address.name} has the encoding {encoding}: make a database with"
            " `createdb --encoding=UTF8 --template=template0 NAME`"
        )
    if await driver.fetchval("SHOW transaction_read_only") == "on":
        raise CannotOpen(
            f"{address.name} is read-only: name the primary, not a standby, and leave"
            " default_transaction_read_only off"
        )
    for setting in DURABLE:
        if await driver.fetchval(f"SHOW {setting}") != "off":
            continue
        text = f"{address.name} has {setting} = off, so it may lose messages it has acknowledged"
        if production:
            raise CannotOpen(f"{text}; set it to on in postgresql.conf")
        _logger.warning("%s; production refuses this", text)


async def require_ownership(driver: Driver, address: Address) -> None:
    """Raise `CannotOpen` unless the user owns the tables: VACUUM skips those of others."""
    owner = await driver.fetchval(OTHER_OWNER, TABLES)
    if owner is not None:
        user = await driver.fetchval("SELECT current_user")
        raise CannotOpen(
            f"{address.name} has tables that belong to {owner}, and {user} may neither migrate nor"
            f" vacuum them: connect as {owner}, or run `REASSIGN OWNED BY {owner} TO {user}` in it"
        )


async def require_sessions(driver: Driver, address: Address) -> None:
    """Raise `CannotOpen` if a pooler gives each transaction any connection.

    The locks of a session and prepared statements would be those of other clients.
    """
    if await driver.fetchval(PROCESS) == driver.get_server_pid():
        return  # no pooler: poolers give each client its own number
    other = await connect(address)
    try:
        for _ in range(ATTEMPTS):
            own = await driver.fetchval(PROCESS)
            async with other.transaction():
                shared = own == await other.fetchval(PROCESS)
                if shared or own != await driver.fetchval(PROCESS):
                    raise CannotOpen(
                        f"{address.name} is a pooler that shares connections between transactions,"
                        " and a server needs its own: connect to PostgreSQL directly, or set"
                        " pool_mode = session"
                    )
    finally:
        other.terminate()
