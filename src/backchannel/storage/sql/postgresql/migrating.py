"""The schema of a PostgreSQL database: made, and brought to the current one."""

from importlib.resources import files
from io import StringIO

from backchannel.storage import CannotOpen
from backchannel.storage.sql.migrations import SCHEMA_VERSION, needs_migration
from backchannel.storage.sql.postgresql.driver import Driver

BASELINE = "0013"
"""The schema that `baseline.sql` makes. Later ones follow by the migrations of all engines."""
LOCK = 0x6261636B_00000001
"""The advisory lock of the process that migrates; see `docs/databases.md`."""

HAS_TABLES = """
SELECT count(*) > 0 FROM pg_tables WHERE schemaname = current_schema()
"""
HAS_VERSION = """
SELECT to_regclass('alembic_version') IS NOT NULL AND to_regclass('log_head') IS NOT NULL
"""
VERSION = "SELECT max(version_num) FROM alembic_version"


async def migrate(driver: Driver, name: str) -> None:
    """Bring the database to the newest schema, in one transaction (rule R19).

    Programs that start at once migrate one after the other. Raises `CannotOpen`.
    """
    async with driver.transaction():
        await driver.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        version = await read_version(driver, name)
        if not needs_migration(version, name=name):
            return
        if version is None:
            baseline = files("backchannel.storage.sql.postgresql") / "baseline.sql"
            await driver.execute(baseline.read_text())
            version = BASELINE
        if version != SCHEMA_VERSION:
            await driver.execute(_script(version))


async def read_version(driver: Driver, name: str) -> str | None:
    """The schema's version; None for an empty database."""
    if await driver.fetchval(HAS_VERSION):
        version: str | None = await driver.fetchval(VERSION)
        return version
    if await driver.fetchval(HAS_TABLES):
        raise CannotOpen(f"{name} has tables of another program; name an empty database")
    return None


def _script(version: str) -> str:
    """The statements that Alembic would run to get from a version to the newest."""
    # Only now: most starts need no migration, and the import is slow.
    from backchannel.storage.sql.migrations.run import script  # noqa: PLC0415

    written = StringIO()
    script("postgresql", version, written)
    return written.getvalue()
