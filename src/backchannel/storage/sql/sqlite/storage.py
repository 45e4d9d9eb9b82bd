"""The storage port over SQLite: the SQL that all engines share, and a search of its own."""

from collections.abc import Sequence

from backchannel.ports.search import Found
from backchannel.storage.sql.sqlite import search
from backchannel.storage.sql.storage import SqlStorage


class SqliteStorage(SqlStorage):
    """`ports.search.Search` says what `search` promises."""

    async def search(
        self,
        user_id: str,
        terms: Sequence[str],
        *,
        conversation_id: str | None = None,
        before: str | None = None,
        limit: int,
    ) -> Found:
        return await self._database.read(
            lambda tx: search.search(
                tx, user_id, terms, conversation_id=conversation_id, before=before, limit=limit
            )
        )
