"""Uploads: bytes that come in, at once or piece by piece, until they are a file."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from backchannel.chat.chunks import Chunks, gathered
from backchannel.domain.errors import ChatError, Conflict, Invalid, NotFound, TooLarge
from backchannel.domain.files import FileRecord, Upload, check_file_name, check_waveform
from backchannel.domain.ids import new_id
from backchannel.domain.media_types import KINDS, MediaKind, clean_media_type
from backchannel.ports.files import FilePorts, Inspected
from backchannel.ports.security import Clock
from backchannel.ports.storage import Files


class Uploads:
    """Takes in files. One upload is written by one request at a time: the latest."""

    def __init__(self, storage: Files, files: FilePorts, clock: Clock) -> None:
        self._storage = storage
        self._files = files
        self._clock = clock
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._turns: dict[str, object] = {}

    async def create(
        self,
        user_id: str,
        *,
        name: str,
        size: int,
        media_type: str = "",
        metadata: str = "",
        waveform: bytes = b"",
        quota: int,
    ) -> Upload:
        """Create an upload of `size` bytes, which count towards the user's quota.

        `media_type` is the sender's claim, or empty. `waveform` has one byte a sample, and is kept
        for sound only. Raises `Invalid` and `QuotaExceeded`.
        """
        upload = Upload(
            id=new_id(),
            owner_id=user_id,
            name=check_file_name(name),
            media_type=clean_media_type(media_type),
            size=size,
            created_at=self._clock.now(),
            metadata=metadata,
            waveform=check_waveform(waveform),
        )
        await self._storage.create_upload(upload, quota=quota)
        return upload

    async def progress(self, upload: Upload) -> int:
        """The number of bytes received; an upload that lacks only its end is finished now.

        So if the server died after the last byte, the client's query completes the upload. Raises
        as `append` does, and `NotFound` if it was finished or cancelled meanwhile.
        """
        async with self._lock(upload.id):
            await self._require_begun(upload)
            size = await self._files.staging.size(upload.id)
            if size == upload.size:
                await self._finish(upload)
        return size

    async def append(
        self,
        upload: Upload,
        offset: int,
        chunks: Chunks,
        *,
        verify: Callable[[], None] | None = None,
    ) -> int:
        """Add bytes at the end of an upload, which must be `offset`; returns the new end.

        Bytes that came before an interruption stay, unless the bytes have to be verified: then
        `verify` may raise at their end, and nothing of them stays. The last byte makes the
        upload a file. Raises `Conflict` (wrong offset, or another request has taken over),
        `TooLarge` (past the announced size; the rest stays), `UnsupportedFile`, `Unavailable`.
        """
        staging = self._files.staging
        await self._require_offset(upload, offset)
        turn = self._turns[upload.id] = object()
        reached = offset
        try:
            async with self._begun(upload):
                async for chunk in gathered(chunks):
                    reached = await self._write(upload, turn, reached, chunk)
            if verify is not None:
                verify()
        except BaseException:
            if verify is not None and self._turns.get(upload.id) is turn:
                await staging.take_back(upload.id, offset, reached)
            raise
        finally:
            if self._turns.get(upload.id) is turn:
                del self._turns[upload.id]
        await staging.sync(upload.id)
        if reached == upload.size:
            with contextlib.suppress(NotFound):  # another request may have asked, and finished it
                await self.progress(upload)
        return reached

    async def store(self, upload: Upload, chunks: Chunks) -> FileRecord:
        """Take in a whole file at once, of at most the announced size. Raises as `append`."""
        try:
            await self._receive(upload, chunks)
            async with self._lock(upload.id):
                return await self._finish(upload)
        except BaseException:
            await self.cancel(upload)
            raise

    async def cancel(self, upload: Upload) -> None:
        """Delete an upload and its content, unless it has become a file meanwhile.

        Waits for the requests that use it: nothing is written to it afterwards.
        """
        async with self._lock(upload.id):
            await self._forget(upload)

    async def _forget(self, upload: Upload) -> None:
        # The record first: only an upload that can no longer become a file may be deleted.
        if await self._storage.cancel_upload(upload.id, at=self._clock.now()):
            await self._discard(upload.id)
            await self._storage.forget_files([upload.id])

    async def delete(self, user_id: str, file_id: str) -> None:
        """Delete a file of the user's. Raises `NotFound`, and `Conflict` if a message names it."""
        if await self._storage.mark_file_deleted(user_id, file_id, at=self._clock.now()):
            await self._discard(file_id)
            await self._storage.forget_files([file_id])
            return
        found = await self._storage.readable_file(user_id, file_id)
        if found is None or found.owner_id != user_id:
            raise NotFound("upload not found")
        raise Conflict(
            "a message names this file, or it is your avatar; delete the message or change the"
            " avatar first"
        )

    async def _discard(self, upload_id: str) -> None:
        """Delete the remains of an upload that will never become a file."""
        await self._files.staging.discard(upload_id)
        await self._files.blobs.delete(upload_id)
        await self._files.blobs.delete(thumbnail_key(upload_id))

    async def _receive(self, upload: Upload, chunks: Chunks) -> None:
        size = 0
        async with self._begun(upload):
            async for chunk in gathered(chunks):
                size += len(chunk)
                if size > upload.size:
                    raise TooLarge(f"the file is larger than {upload.size:,} bytes", field="file")
                async with self._lock(upload.id):
                    await self._write_piece(upload, size - len(chunk), chunk)
        if not size:
            raise Invalid("the file is empty", field="file")

    async def _require_offset(self, upload: Upload, offset: int) -> None:
        async with self._lock(upload.id):
            size = await self._files.staging.size(upload.id)
        if size != offset:
            raise Conflict(
                f"the upload is at byte {size}; continue from there", field="upload-offset"
            )

    async def _write(self, upload: Upload, turn: object, reached: int, chunk: bytes) -> int:
        if reached + len(chunk) > upload.size:
            raise TooLarge(f"only {upload.size:,} bytes were announced")
        async with self._lock(upload.id):
            if self._turns.get(upload.id) is not turn:
                raise Conflict("another request is writing to this upload; wait until it has ended")
            await self._write_piece(upload, reached, chunk)
        return reached + len(chunk)

    async def _write_piece(self, upload: Upload, offset: int, piece: bytes) -> None:
        if offset == 0:
            await self._require_begun(upload)  # a later piece would no longer fit
        try:
            await self._files.staging.append(upload.id, offset, piece)
        except Conflict:
            await self._require_begun(upload)
            raise

    @asynccontextmanager
    async def _begun(self, upload: Upload) -> AsyncGenerator[None]:
        """Raise `NotFound` for an upload that is finished or cancelled, even while this runs.

        The bytes so far are deleted then, so that the next piece does not fit. A piece written at
        that very moment is deleted at the end.
        """
        async with self._lock(upload.id):
            await self._require_begun(upload)
        try:
            yield
        except BaseException:
            with contextlib.suppress(NotFound):
                async with self._lock(upload.id):
                    await self._require_begun(upload)
            raise
        async with self._lock(upload.id):
            await self._require_begun(upload)

    async def _require_begun(self, upload: Upload) -> None:
        """Raise `NotFound` for an upload that is finished or cancelled; nothing of it stays."""
        if await self._storage.upload(upload.id) is None:
            await self._files.staging.discard(upload.id)
            raise NotFound("upload not found")

    async def _finish(self, upload: Upload) -> FileRecord:
        """Turn an upload into a file (rule R20). Needs the upload's lock.

        Another process may finish or cancel the same upload meanwhile. The record decides: the
        content of a finished file is never deleted, even if this attempt failed.
        """
        try:
            record = await self._store_content(upload)
            await self._storage.finish_upload(record)
        except ChatError as refusal:
            finished = await self._storage.readable_file(upload.owner_id, upload.id)
            if finished is not None:
                return finished
            if isinstance(refusal, NotFound):  # cancelled meanwhile
                await self._discard(upload.id)
            elif refusal.status < 500:
                await self._forget(upload)
            raise
        await self._files.staging.discard(upload.id)
        return record

    async def _store_content(self, upload: Upload) -> FileRecord:
        """Store the content before the file exists, and return the file's record."""
        staging, blobs = self._files.staging, self._files.blobs
        if not upload.size:
            await staging.append(upload.id, 0, b"")  # so that there is a file to inspect
        path = staging.path(upload.id)
        found = await self._files.inspector.inspect(
            path, claimed=upload.media_type, user_id=upload.owner_id
        )
        await blobs.put(upload.id, found.content)
        if found.thumbnail is not None:
            await blobs.put(thumbnail_key(upload.id), found.thumbnail)
        return _record(upload, found, at=self._clock.now())

    def _lock(self, upload_id: str) -> asyncio.Lock:
        return self._locks.setdefault(upload_id, asyncio.Lock())


def thumbnail_key(file_id: str) -> str:
    """The key of a file's thumbnail."""
    return f"{file_id}.thumbnail"


def _record(upload: Upload, found: Inspected, *, at: int) -> FileRecord:
    thumbnail = found.thumbnail_digest
    is_sound = KINDS[found.media_type] is MediaKind.AUDIO
    return FileRecord(
        id=upload.id,
        owner_id=upload.owner_id,
        name=upload.name,
        media_type=found.media_type,
        size=found.digest.size,
        sha256=found.digest.sha256,
        created_at=at,
        width=found.width,
        height=found.height,
        duration=found.duration,
        thumbnail_size=thumbnail.size if thumbnail else 0,
        waveform=upload.waveform if is_sound else "",
        placeholder=found.placeholder,
        blocks=found.digest.blocks,
        upload_size=upload.size,
        metadata=upload.metadata,
        thumbnail_sha256=thumbnail.sha256 if thumbnail else "",
    )
