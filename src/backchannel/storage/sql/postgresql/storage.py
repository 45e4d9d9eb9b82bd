"""The storage port over PostgreSQL: the SQL that all engines share, and its own parts."""

import asyncio
import time

from backchannel.domain.errors import Unavailable
from backchannel.storage.sql.postgresql import index
from backchannel.storage.sql.postgresql.database import PostgresqlDatabase
from backchannel.storage.sql.postgresql.driver import Driver
from backchannel.storage.sql.postgresql.index import INDEX, step_in_turn
from backchannel.storage.sql.schema import metadata
from backchannel.storage.sql.storage import SqlStorage

HORIZON_SECONDS = 15.0
"""How long to wait for older transactions; standbys report theirs every 10 s."""
HORIZON_PAUSE = 0.2

NEXT_TRANSACTION = "SELECT pg_snapshot_xmax(pg_current_snapshot())::xid::text"
# Snapshots of this database and of standbys keep rows from VACUUM. So do transactions that write,
# in any database: the next snapshot here is as old as they are.
# https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-BASICS
IS_HELD = """
SELECT EXISTS (
    SELECT FROM (
        SELECT backend_xid FROM pg_stat_activity WHERE pid <> pg_backend_pid()
        UNION ALL
        SELECT backend_xmin FROM pg_stat_activity
        WHERE pid <> pg_backend_pid()
            AND coalesce(datname, current_database()) = current_database()
        UNION ALL
        SELECT transaction FROM pg_prepared_xacts
        UNION ALL
        SELECT xmin FROM pg_replication_slots
    ) AS holder (xid)
    WHERE age(xid) > age($1::text::xid)
)
"""
# Without INDEX_CLEANUP the entries of few dead rows stay in the indexes.
VACUUM = "VACUUM (ANALYZE FALSE, INDEX_CLEANUP TRUE) {}"


class PostgresqlStorage(SqlStorage):
    """The ports document these methods."""

    def __init__(self, database: PostgresqlDatabase) -> None:
        super().__init__(database, INDEX)
        self._server = database

    async def scrub(self) -> None:
        """Bring the index for searching up to date, and vacuum all tables (rule S22).

        After that no transaction can see deleted rows. Raises `Unavailable` while an older one
        may still do so. The server's own log and backups are beyond reach: docs/privacy.md.
        """
        server = self._server
        while await server.run(step_in_turn):
            pass
        following: str = await server.run(lambda driver: driver.fetchval(NEXT_TRANSACTION))
        until = time.monotonic() + HORIZON_SECONDS
        while await server.run(lambda driver: driver.fetchval(IS_HELD, following)):
            if time.monotonic() > until:
                raise Unavailable(
                    "a long transaction, a prepared one or a replication slot still sees what was"
                    " erased; end it (docs/databases.md)",
                    retry_after=1,
                )
            await asyncio.sleep(HORIZON_PAUSE)
        await server.run(_vacuum)


async def _vacuum(driver: Driver) -> None:
    for table in (*metadata.tables, *index.metadata.tables):
        await driver.execute(VACUUM.format(table))
