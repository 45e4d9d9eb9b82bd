"""The part of the storage port that keeps what is known of files, over any SQL database."""

from collections.abc import Sequence

from backchannel.domain.files import File, FileRecord, Upload
from backchannel.storage.sql import files
from backchannel.storage.sql.database import Database


class SqlFiles:
    """Files; `ports.storage.Files` says what each method promises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin_upload(self, upload: Upload, *, quota: int) -> None:
        await self._database.write(lambda tx: files.begin_upload(tx, upload, quota=quota))

    async def upload(self, upload_id: str) -> Upload | None:
        return await self._database.read(lambda tx: files.read_upload(tx, upload_id))

    async def finish_upload(self, record: FileRecord) -> None:
        await self._database.write(lambda tx: files.finish_upload(tx, record))

    async def cancel_upload(self, upload_id: str, *, at: int) -> bool:
        return await self._database.write(lambda tx: files.cancel_upload(tx, upload_id, at=at))

    async def expired_uploads(self, *, before: int, limit: int) -> list[Upload]:
        return await self._database.read(
            lambda tx: files.read_expired(tx, before=before, limit=limit)
        )

    async def files(self, file_ids: Sequence[str]) -> dict[str, File]:
        return await self._database.read(lambda tx: files.read_files(tx, file_ids))

    async def readable_file(self, user_id: str, file_id: str) -> FileRecord | None:
        return await self._database.read(lambda tx: files.read_readable(tx, user_id, file_id))

    async def avatar(self, file_id: str) -> FileRecord | None:
        return await self._database.read(lambda tx: files.read_avatar(tx, file_id))

    async def condemn_file(self, user_id: str, file_id: str, *, at: int) -> bool:
        return await self._database.write(lambda tx: files.condemn_file(tx, user_id, file_id, at))

    async def condemn_files(self, *, before: int, limit: int, at: int) -> list[str]:
        return await self._database.write(
            lambda tx: files.condemn_files(tx, before=before, limit=limit, at=at)
        )

    async def forget_files(self, file_ids: Sequence[str]) -> None:
        await self._database.write(lambda tx: files.forget_files(tx, file_ids))
