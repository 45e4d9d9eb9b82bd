"""The part of the storage port that erases accounts, over any SQL database."""

from collections.abc import Sequence

from backchannel.domain.erasures import Erased, Erasure
from backchannel.domain.files import FileRecord, Upload
from backchannel.ports.storage import ErasedPart, Requested
from backchannel.storage.sql import erasing, erasures, files
from backchannel.storage.sql.database import Database


class SqlErasures:
    """Implements `ports.storage.Erasures`, which documents the methods."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def request_erasure(self, erasure: Erasure) -> Requested:
        return await self._database.write(lambda tx: erasures.request_erasure(tx, erasure))

    async def erasure(self, erasure_id: str) -> Erasure | None:
        return await self._database.read(lambda tx: erasures.read_erasure(tx, erasure_id))

    async def erasures(self, *, since: int) -> list[Erasure]:
        return await self._database.read(lambda tx: erasures.read_current(tx, since=since))

    async def erase_part(self, erasure_id: str, *, limit: int, at: int) -> ErasedPart:
        return await self._database.write(
            lambda tx: erasing.erase_part(tx, erasure_id, limit=limit, at=at)
        )

    async def owned_uploads(self, user_id: str, *, after: str, limit: int) -> list[Upload]:
        return await self._database.read(
            lambda tx: files.read_owned_uploads(tx, user_id, after=after, limit=limit)
        )

    async def owned_files(
        self, user_id: str, *, after: str, limit: int, given_up: bool = False
    ) -> list[FileRecord]:
        return await self._database.read(
            lambda tx: files.read_owned(tx, user_id, after=after, limit=limit, given_up=given_up)
        )

    async def forget_owned(self, erasure_id: str, file_ids: Sequence[str], gone: Erased) -> None:
        await self._database.write(lambda tx: erasing.forget_owned(tx, erasure_id, file_ids, gone))

    async def complete_erasure(self, erasure_id: str, *, at: int, signature: str) -> None:
        await self._database.write(
            lambda tx: erasures.complete(tx, erasure_id, at=at, signature=signature)
        )
