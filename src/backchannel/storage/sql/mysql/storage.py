"""The storage port over MariaDB and MySQL: the SQL that all engines share, and its own parts."""

from backchannel.storage.sql.mysql.database import MysqlDatabase
from backchannel.storage.sql.mysql.index import INDEX, step_in_turn
from backchannel.storage.sql.storage import SqlStorage


class MysqlStorage(SqlStorage):
    """The ports document these methods."""

    def __init__(self, database: MysqlDatabase) -> None:
        super().__init__(database, INDEX)
        self._server = database

    async def scrub(self) -> None:
        """Bring the index for searching up to date, so that nothing of an erased text is in it.

        The server itself removes deleted rows from its pages once no transaction can see them. Its
        own logs and backups are beyond reach: docs/privacy.md.
        """
        while await self._server.run(step_in_turn):
            pass
