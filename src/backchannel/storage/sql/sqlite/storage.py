"""The storage port over SQLite: the SQL that all engines share, and a search of its own."""

from collections.abc import Sequence

from backchannel.ports.search import Found
from backchannel.storage.sql.sqlite import purging, search
from backchannel.storage.sql.storage import SqlStorage


class SqliteStorage(SqlStorage):
    """`ports.search.Search` and `ports.storage.Erasures` say what these methods promise."""

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

    async def scrub(self) -> None:
        while await self._database.write(purging.forget_stale):
            pass
        await self._database.write(purging.begin_merge)
        while await self._database.write(purging.merge_some):
            pass
        await self._database.rewrite()
