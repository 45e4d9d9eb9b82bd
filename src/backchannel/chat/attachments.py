"""Files and uploads: creating, attaching to messages, reading and deleting them."""

import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager

import msgspec

from backchannel.chat import accounts
from backchannel.chat.chunks import Chunks
from backchannel.chat.core import Core
from backchannel.chat.uploads import thumbnail_key
from backchannel.domain import files
from backchannel.domain.errors import Damaged, Invalid, NotFound, TooLarge
from backchannel.domain.files import (
    BLOCK,
    FILES_PER_MESSAGE,
    THUMBNAIL_TYPE,
    FileRecord,
    Upload,
    check_avatar,
)
from backchannel.domain.users import ProfilePatch, User

log = logging.getLogger(__name__)


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that may be read: a file's, or its thumbnail's. `size` is in bytes."""

    key: str
    name: str
    media_type: str
    size: int
    sha256: str
    blocks: str


async def create_upload(
    core: Core,
    user_id: str,
    *,
    name: str,
    size: int,
    media_type: str = "",
    metadata: str = "",
    waveform: bytes = b"",
) -> Upload:
    """Create an upload of `size` bytes; `media_type` is the type that its sender claims.

    `waveform` has one byte a sample. Raises `Invalid`, `TooLarge`, `QuotaExceeded` and `Throttled`.
    """
    check_size(core, size)
    await core.throttle.admit(f"upload:user:{user_id}")
    quota = core.policy.file_quota
    return await core.uploads.create(
        user_id,
        name=name,
        size=size,
        media_type=media_type,
        metadata=metadata,
        waveform=waveform,
        quota=quota,
    )


async def progress(core: Core, user_id: str, upload_id: str) -> tuple[Upload, int]:
    """An upload of the user and its progress, also once it is a file.

    Raises `NotFound`, and `UnsupportedFile` if it is finished now and refused.
    """
    upload = await core.storage.upload(upload_id)
    if upload is not None and upload.owner_id == user_id:
        with contextlib.suppress(NotFound):  # finished meanwhile
            return upload, await core.uploads.progress(upload)
    record = await core.storage.readable_file(user_id, upload_id)
    if record is None or record.owner_id != user_id:
        raise NotFound("upload not found")
    finished = Upload(
        id=record.id,
        owner_id=user_id,
        name=record.name,
        media_type=record.media_type,
        size=record.upload_size,
        created_at=record.created_at,
        metadata=record.metadata,
    )
    return finished, finished.size


async def store(core: Core, upload: Upload, chunks: Chunks) -> FileRecord:
    """Store an upload in one piece. Raises as `Uploads.append`, and `Invalid` (empty)."""
    return await core.uploads.store(upload, chunks)


async def append(
    core: Core,
    upload: Upload,
    offset: int,
    chunks: Chunks,
    *,
    verify: Callable[[], None] | None = None,
) -> int:
    """Add bytes to an upload; returns its new end. Raises the errors of `Uploads.append`."""
    return await core.uploads.append(upload, offset, chunks, verify=verify)


async def cancel(core: Core, user_id: str, upload_id: str) -> None:
    """Cancel an upload, or delete its file if nothing uses it.

    Raises `NotFound`, and `Conflict` if a message names the file.
    """
    upload, _ = await progress(core, user_id, upload_id)
    await core.uploads.cancel(upload)
    with contextlib.suppress(NotFound):  # it was not complete
        await core.uploads.delete(user_id, upload_id)


def download_turn(core: Core, reader: str) -> AbstractAsyncContextManager[None]:
    """The turn of a reader, a user or an address, to download a file."""
    return core.read_limits.download(reader)


def check_size(core: Core, size: int) -> None:
    """Raises `TooLarge` for more bytes than a file may have."""
    if size > core.policy.file_size:
        raise TooLarge(f"a file may have {core.policy.file_size:,} bytes", field="size")


async def describe(core: Core, user_id: str, file_ids: Sequence[str]) -> str:
    """The `files` of a message that names these files of the user's, in their order.

    Raises `Invalid` (too many) and `NotFound`; storing the message checks again (rule R20).
    """
    if not file_ids:
        return ""
    if len(file_ids) > FILES_PER_MESSAGE or len(set(file_ids)) < len(file_ids):
        raise Invalid(
            f"a message may name at most {FILES_PER_MESSAGE} files, each of them once",
            field="files",
        )
    found = await core.storage.files(file_ids)
    for file_id in file_ids:
        if file_id not in found or found[file_id].owner_id != user_id:
            raise NotFound("file not found", field="files")
    return files.attach(found[file_id] for file_id in file_ids)


async def readable(core: Core, user_id: str, file_id: str) -> FileRecord:
    """A file that the user owns, or that a message in the user's conversations names.

    Raises `NotFound`, to non-members too (S11).
    """
    record = await core.storage.readable_file(user_id, file_id)
    if record is None:
        raise NotFound("file not found")
    return record


async def open_file(core: Core, user_id: str, file_id: str) -> Content:
    """The bytes of a file. Raises as `readable`."""
    return content_of(await readable(core, user_id, file_id))


def content_of(record: FileRecord, *, name: str | None = None) -> Content:
    """A file's own bytes, on request under another name."""
    return Content(
        key=record.id,
        name=record.name if name is None else name,
        media_type=record.media_type,
        size=record.size,
        sha256=record.sha256,
        blocks=record.blocks,
    )


async def open_thumbnail(core: Core, user_id: str, file_id: str) -> Content:
    """The small copy of a picture. Raises `NotFound`, also if there is none."""
    record = await readable(core, user_id, file_id)
    if not record.has_thumbnail:
        raise NotFound("this file has no thumbnail")
    return Content(
        key=thumbnail_key(record.id),
        name=f"{record.name}.webp",
        media_type=THUMBNAIL_TYPE,
        size=record.thumbnail_size,
        sha256=record.thumbnail_sha256,
        blocks=record.thumbnail_sha256,
    )


async def read(core: Core, content: Content, start: int, stop: int) -> AsyncIterator[bytes]:
    """The bytes from `start` to `stop` (exclusive), at most a block at a time.

    Each block is checked against its digest before any of it is passed on (rule R18). Raises
    `Damaged` and `Unavailable`.
    """
    digests = files.block_digests(content.blocks)
    for number in range(start // BLOCK, -(-stop // BLOCK)):
        begin = number * BLOCK
        block = await core.files.blobs.read(content.key, begin, BLOCK)
        if files.block_digest(block) != digests[number]:
            log.critical("file %s is damaged at byte %d or after it", content.key, begin)
            raise Damaged("this file is damaged; ask your operator for a backup")
        yield block[max(start - begin, 0) : stop - begin]


async def set_avatar(core: Core, user_id: str, file_id: str | None) -> User:
    """Set the user's avatar to a file of theirs, or to none; notify their devices and peers.

    Raises `NotFound`, `UnsupportedFile`, `TooLarge`, `Invalid` and `Throttled`.
    """
    if file_id is not None:
        record = await core.storage.readable_file(user_id, file_id)
        if record is None or record.owner_id != user_id:
            raise NotFound("file not found", field="file_id")
        check_avatar(record)
    return await accounts.change_profile(core, user_id, ProfilePatch(avatar=file_id))


async def open_avatar(core: Core, file_id: str) -> Content:
    """The picture of an avatar, without the name of its file. Raises `NotFound`."""
    record = await core.storage.avatar(file_id)
    if record is None:
        raise NotFound("no user has this avatar")
    return content_of(record, name="avatar")
