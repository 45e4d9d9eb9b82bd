"""The storage port over PostgreSQL: the SQL that all engines share, and what is its own."""

from backchannel.storage.sql.postgresql.database import PostgresqlDatabase
from backchannel.storage.sql.postgresql.scrubbing import scrub
from backchannel.storage.sql.postgresql.search import INDEX
from backchannel.storage.sql.storage import SqlStorage


class PostgresqlStorage(SqlStorage):
    """The ports say what these methods promise."""

    def __init__(self, database: PostgresqlDatabase) -> None:
        super().__init__(database, INDEX)
        self._server = database

    async def scrub(self) -> None:
        """Take the dead rows out of the tables and indexes.

        The server's own log and backups are beyond reach: docs/privacy.md.
        """
        await scrub(self._server)
