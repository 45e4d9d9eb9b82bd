"""The schema of a MariaDB or MySQL database: made, and brought to the current one.

A statement that changes tables commits by itself. So each step is recorded, and a migration that
was interrupted goes on with the next one (rule R19).
"""

import re
from collections.abc import Sequence
from importlib.resources import files
from io import StringIO

from asyncmy.errors import Error

from backchannel.storage import CannotOpen
from backchannel.storage.sql.migrations import SCHEMA_VERSION, needs_migration
from backchannel.storage.sql.mysql import index
from backchannel.storage.sql.mysql.claim import release_lock, take_lock
from backchannel.storage.sql.mysql.driver import Driver, code_of
from backchannel.storage.sql.mysql.literals import literal
from backchannel.storage.sql.mysql.products import Product
from backchannel.storage.sql.schema import metadata

BASELINE = "0018"
"""The schema that `baseline.sql` makes. Later ones follow by the migrations of all engines."""
LOCK = "migration"
LOCK_SECONDS = 600
"""How long to wait for a migration by another program."""

OWN_TABLES = frozenset({"alembic_version", "migration", *metadata.tables, *index.metadata.tables})
TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = database()"
VERSION = "SELECT max(version_num) FROM alembic_version"
DONE = "SELECT done FROM migration WHERE version_num = {}"
RECORD = "REPLACE INTO migration (version_num, done) VALUES ({}, {})"
FORGET_RECORDS = "DELETE FROM migration"
REACHED = f"INSERT INTO alembic_version VALUES ({literal(BASELINE)})"  # noqa: S608 - no input in it

NO_CHANGES = (
    "INSERT INTO log_head SELECT * FROM log_head WHERE FALSE",
    "UPDATE log_head SET epoch = epoch WHERE FALSE",
    "DELETE FROM log_head WHERE FALSE",
)
"""Statements that need the rights to write, and write nothing."""

_PRIMARY_KEY = re.compile(r"CONSTRAINT \w+ PRIMARY KEY")
_TEXT = re.compile(r"\bTEXT ((?:NOT NULL )?)DEFAULT ''")

HAS_RUN = frozenset({1050, 1060, 1061, 1091})
"""The errors for adding a thing that exists, or removing one that does not."""


async def migrate(driver: Driver, product: Product, name: str) -> None:
    """Bring the database to the newest schema. Raises `CannotOpen`.

    Programs that start at once migrate one after the other.
    """
    if not await take_lock(driver, LOCK, seconds=LOCK_SECONDS):
        raise CannotOpen(f"{name} is being migrated by another program; try again later")
    try:
        version = await read_version(driver, name)
        if not needs_migration(version, name=name):
            return
        if version is None:
            await _make(driver, product)
            version = BASELINE
        if version != SCHEMA_VERSION:
            await run_steps(driver, version, _statements(_script(version)))
    finally:
        await release_lock(driver, LOCK)


async def require_writable(driver: Driver) -> None:
    """Raise the driver's error for a user who may not write, or a server that takes no writes."""
    for statement in NO_CHANGES:
        await driver.execute(statement)


async def read_version(driver: Driver, name: str) -> str | None:
    """The schema's version; None for a database whose tables are not all made."""
    tables = {row[0] for row in await driver.fetch(TABLES)}
    if not tables:
        return None
    if "alembic_version" in tables:
        version: str | None = await driver.fetchval(VERSION)
        if version is None and tables <= OWN_TABLES:
            return None
        if version is not None and "log_head" in tables:
            return version
    raise CannotOpen(f"{name} has tables of another program; name an empty database")


async def run_steps(driver: Driver, version: str, statements: Sequence[str]) -> None:
    """Run the statements that follow a version, and record each."""
    done = int(await driver.fetchval(DONE.format(literal(version))) or 0)
    for number in range(done, len(statements)):
        async with driver.transaction():
            try:
                await driver.execute(statements[number])
            except Error as error:
                # It ran, but was not recorded before the interruption.
                if number > done or code_of(error) not in HAS_RUN:
                    raise
            await driver.execute(RECORD.format(literal(version), number + 1))
    await driver.execute(FORGET_RECORDS)


async def _make(driver: Driver, product: Product) -> None:
    """Make the tables. Statements that were run before do nothing."""
    if await driver.fetchval("SELECT @@collation_database") != product.collation:
        # Without a name it is the database in use.
        await driver.execute(f"ALTER DATABASE CHARACTER SET utf8mb4 COLLATE {product.collation}")
    baseline = files("backchannel.storage.sql.mysql") / "baseline.sql"
    *tables, instance = _statements(baseline.read_text())
    for statement in tables:
        await driver.execute(statement)
    async with driver.transaction():
        await driver.execute(instance)
        await driver.execute(REACHED)


def _script(version: str) -> str:
    """The statements that Alembic would run to get from a version to the newest."""
    # Only now: most starts need no migration, and the import is slow.
    from backchannel.storage.sql.migrations.run import script  # noqa: PLC0415

    written = StringIO()
    script("mysql", version, written)
    # A body may have more bytes than a TEXT, whose default MySQL requires in parentheses.
    texts = _TEXT.sub(r"MEDIUMTEXT \1DEFAULT ('')", written.getvalue())
    # The servers ignore the name, and warn of that.
    return _PRIMARY_KEY.sub("PRIMARY KEY", texts)


def _statements(script: str) -> list[str]:
    lines = [line for line in script.splitlines() if not line.startswith("--")]
    return [each.strip() for each in "\n".join(lines).split(";\n") if each.strip(" ;\n")]
