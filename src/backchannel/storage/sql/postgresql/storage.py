"""The storage port over PostgreSQL: the SQL that all engines share, and what is its own."""

from backchannel.storage.sql.postgresql.database import PostgresqlDatabase
from backchannel.storage.sql.postgresql.driver import Driver
from backchannel.storage.sql.postgresql.indexer import step
from backchannel.storage.sql.postgresql.search import INDEX
from backchannel.storage.sql.storage import SqlStorage

VACUUM = "VACUUM (ANALYZE FALSE) {}"
VACUUMED = (
    "account",
    "attachment",
    "block",
    "conversation",
    "file",
    "log",
    "login",
    "member",
    "message",
    "search_entry",
    "search_pending",
    "upload",
)
"""The tables that hold what an erasure takes away."""


class PostgresqlStorage(SqlStorage):
    """The ports say what these methods promise."""

    def __init__(self, database: PostgresqlDatabase) -> None:
        super().__init__(database, INDEX)
        self._server = database

    async def scrub(self) -> None:
        """Take the dead rows out of the tables and indexes.

        The server's own log and backups are beyond reach: docs/privacy.md.
        """
        while await self._server.run(step):
            pass
        await self._server.run(_vacuum)


async def _vacuum(driver: Driver) -> None:
    for table in VACUUMED:
        await driver.execute(VACUUM.format(table))
