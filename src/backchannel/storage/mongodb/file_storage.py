"""Files and erasures over MongoDB."""

from collections.abc import Sequence

from backchannel.domain.erasures import Erased, Erasure
from backchannel.domain.files import File, FileRecord, Upload
from backchannel.ports.storage import ErasedPart, Requested
from backchannel.storage.mongodb import erasing, erasures, files
from backchannel.storage.mongodb.database import MongoDatabase


class MongoFiles:
    """Files; `ports.storage.Files` says what each method promises."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    async def begin_upload(self, upload: Upload, *, quota: int) -> None:
        await self._database.write(lambda tx: files.begin_upload(tx, upload, quota=quota))

    async def upload(self, upload_id: str) -> Upload | None:
        return await self._database.read(lambda view: files.read_upload(view, upload_id))

    async def finish_upload(self, record: FileRecord) -> None:
        await self._database.write(lambda tx: files.finish_upload(tx, record))

    async def cancel_upload(self, upload_id: str, *, at: int) -> bool:
        return await self._database.write(lambda tx: files.cancel_upload(tx, upload_id, at=at))

    async def expired_uploads(self, *, before: int, limit: int) -> list[Upload]:
        return await self._database.read(
            lambda view: files.read_expired(view, before=before, limit=limit)
        )

    async def files(self, file_ids: Sequence[str]) -> dict[str, File]:
        return await self._database.read(lambda view: files.read_files(view, file_ids))

    async def readable_file(self, user_id: str, file_id: str) -> FileRecord | None:
        return await self._database.read(lambda view: files.read_readable(view, user_id, file_id))

    async def avatar(self, file_id: str) -> FileRecord | None:
        return await self._database.read(lambda view: files.read_avatar(view, file_id))

    async def condemn_file(self, user_id: str, file_id: str, *, at: int) -> bool:
        return await self._database.write(lambda tx: files.condemn_file(tx, user_id, file_id, at))

    async def condemn_files(self, *, before: int, limit: int, at: int) -> list[str]:
        return await self._database.write(
            lambda tx: files.condemn_files(tx, before=before, limit=limit, at=at)
        )

    async def forget_files(self, file_ids: Sequence[str]) -> None:
        await self._database.write(lambda tx: files.forget_files(tx, file_ids))


class MongoErasures:
    """Implements `ports.storage.Erasures`, which documents the methods."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    async def request_erasure(self, erasure: Erasure) -> Requested:
        return await self._database.write(lambda tx: erasures.request_erasure(tx, erasure))

    async def erasure(self, erasure_id: str) -> Erasure | None:
        return await self._database.read(lambda view: erasures.read_erasure(view, erasure_id))

    async def erasures(self, *, since: int) -> list[Erasure]:
        return await self._database.read(lambda view: erasures.read_current(view, since=since))

    async def erase_part(self, erasure_id: str, *, limit: int, at: int) -> ErasedPart:
        return await self._database.write(
            lambda tx: erasing.erase_part(tx, erasure_id, limit=limit, at=at)
        )

    async def owned_uploads(self, user_id: str, *, after: str, limit: int) -> list[Upload]:
        return await self._database.read(
            lambda view: files.read_owned_uploads(view, user_id, after=after, limit=limit)
        )

    async def owned_files(
        self, user_id: str, *, after: str, limit: int, given_up: bool = False
    ) -> list[FileRecord]:
        return await self._database.read(
            lambda view: files.read_owned(
                view, user_id, after=after, limit=limit, given_up=given_up
            )
        )

    async def forget_owned(self, erasure_id: str, file_ids: Sequence[str], gone: Erased) -> None:
        await self._database.write(lambda tx: erasing.forget_owned(tx, erasure_id, file_ids, gone))

    async def scrub(self) -> None:
        # The server's files are its own: what was deleted goes from them as it writes on.
        await self._database.forget_batch()

    async def complete_erasure(self, erasure_id: str, *, at: int, signature: str) -> None:
        await self._database.write(
            lambda tx: erasures.complete(tx, erasure_id, at=at, signature=signature)
        )
