"""Files: uploaded, complete, attached to messages, and no longer in use."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Select,
    Text,
    and_,
    cast,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from backchannel.domain.errors import NotFound, QuotaExceeded
from backchannel.domain.files import File, FileRecord, Upload
from backchannel.storage.shared.methods import StorageMethods, reading, writing
from backchannel.storage.sql.database import Database, Transaction
from backchannel.storage.sql.locks import lock, lock_active_user, users_by_id
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.schema import account, attachment, file, member, upload


class _Owned(msgspec.Struct):
    id: str
    owner_id: str


UPLOAD_COLUMNS = Upload.__struct_fields__
FILE_COLUMNS = File.__struct_fields__
RECORD_COLUMNS = FileRecord.__struct_fields__

_UPLOADS: Select[Any] = select(*(upload.c[name] for name in UPLOAD_COLUMNS))
UPLOAD = _UPLOADS.where(upload.c.id == parameter("upload_id"))
EXPIRED = (
    _UPLOADS.where(upload.c.created_at < parameter("before"))
    .order_by(upload.c.created_at)
    .limit(parameter("limit"))
)
OWNED_UPLOADS = (
    _UPLOADS.where(upload.c.owner_id == parameter("user_id"), upload.c.id > parameter("after"))
    .order_by(upload.c.id)
    .limit(parameter("limit"))
)
FORGET_UPLOAD = delete(upload).where(upload.c.id == parameter("upload_id"))

_is_available = file.c.condemned_at.is_(None)
FILES = select(*(file.c[name] for name in FILE_COLUMNS)).where(
    file.c.id.in_(any_of("file_ids", Text)), _is_available
)
_is_named_to_user = exists(
    select(attachment.c.file_id)
    .join(member, member.c.conversation == attachment.c.conversation)
    .join(account, account.c.number == member.c.account)
    .where(attachment.c.file_id == file.c.id, account.c.id == parameter("user_id"))
)
_RECORDS: Select[Any] = select(*(file.c[name] for name in RECORD_COLUMNS))
READABLE = _RECORDS.where(
    file.c.id == parameter("file_id"),
    _is_available,
    or_(file.c.owner_id == parameter("user_id"), _is_named_to_user),
)

OWNED = (
    _RECORDS.where(file.c.owner_id == parameter("user_id"), file.c.id > parameter("after"))
    .order_by(file.c.id)
    .limit(parameter("limit"))
)
OWNED_AVAILABLE = OWNED.where(_is_available)
FORGET_OWNED = delete(file).where(
    file.c.id.in_(any_of("file_ids", Text)), file.c.owner_id == parameter("user_id")
)

_room = cast(func.coalesce(func.sum(file.c.size + file.c.thumbnail_size), 0), BigInteger)
FILES_SIZE = select(_room).where(file.c.owner_id == parameter("user_id"))
UPLOADS_SIZE = select(cast(func.coalesce(func.sum(upload.c.size), 0), BigInteger)).where(
    upload.c.owner_id == parameter("user_id")
)

_is_avatar = exists(select(account.c.number).where(account.c.avatar == file.c.id))
AVATAR = _RECORDS.where(file.c.id == parameter("file_id"), _is_available, _is_avatar)
OWN_FILE = select(file.c.id).where(
    file.c.id == parameter("file_id"), file.c.owner_id == parameter("user_id"), _is_available
)
_is_used = or_(
    exists(select(attachment.c.file_id).where(attachment.c.file_id == file.c.id)), _is_avatar
)
UNWANTED = (
    select(file.c.id, file.c.owner_id)
    .where(
        or_(
            file.c.condemned_at.is_not(None),
            and_(file.c.created_at < parameter("before"), ~_is_used),
        )
    )
    .order_by(file.c.created_at)
    .limit(parameter("limit"))
)
MARK_DELETED = (
    update(file)
    .values(condemned_at=parameter("at"))
    .where(file.c.id.in_(any_of("file_ids", Text)), _is_available, ~_is_used)
)
MARK_OWN_DELETED = MARK_DELETED.where(file.c.owner_id == parameter("user_id"))
ORPHANED = (
    select(file.c.id)
    .where(file.c.id.in_(any_of("file_ids", Text)), file.c.condemned_at.is_not(None))
    .order_by(file.c.created_at)
)
FORGET_FILES = delete(file).where(
    file.c.id.in_(any_of("file_ids", Text)), file.c.condemned_at.is_not(None)
)


async def create_upload(transaction: Transaction, new: Upload, *, quota: int) -> None:
    """Make room for an upload. Raises `QuotaExceeded`."""
    await lock_active_user(transaction, new.owner_id)
    if await read_usage(transaction, new.owner_id) + new.size > quota:
        raise QuotaExceeded(
            f"your files may take at most {quota:,} bytes in all; delete some first", field="size"
        )
    await transaction.insert(upload, UPLOAD_COLUMNS, [_values(new, UPLOAD_COLUMNS)])


async def read_upload(transaction: Transaction, upload_id: str) -> Upload | None:
    """The upload with this id; None if it is complete or does not exist."""
    found = await transaction.fetch(UPLOAD, Upload, upload_id=upload_id)
    return found[0] if found else None


async def finish_upload(transaction: Transaction, record: FileRecord) -> None:
    """Turn an upload into a file. Raises `NotFound`."""
    if not await transaction.execute(FORGET_UPLOAD, upload_id=record.id):
        raise NotFound("upload not found")
    await transaction.insert(file, RECORD_COLUMNS, [_values(record, RECORD_COLUMNS)])


async def cancel_upload(transaction: Transaction, upload_id: str, *, at: int) -> bool:
    """Turn an upload into a file that was given up; False if there is none."""
    found = await read_upload(transaction, upload_id)
    if found is None or not await transaction.execute(FORGET_UPLOAD, upload_id=upload_id):
        return False
    given_up = FileRecord(
        id=found.id,
        owner_id=found.owner_id,
        name=found.name,
        media_type=found.media_type,
        size=0,
        sha256="",
        created_at=found.created_at,
        blocks="",
        upload_size=found.size,
        metadata=found.metadata,
    )
    values = (*_values(given_up, RECORD_COLUMNS), at)
    await transaction.insert(file, (*RECORD_COLUMNS, "condemned_at"), [values])
    return True


async def read_expired(transaction: Transaction, *, before: int, limit: int) -> list[Upload]:
    """The oldest uploads that began before a time."""
    return await transaction.fetch(EXPIRED, Upload, before=before, limit=limit)


async def read_files(transaction: Transaction, file_ids: Sequence[str]) -> dict[str, File]:
    """Those of `file_ids` that exist."""
    found = await transaction.fetch(FILES, File, file_ids=list(file_ids))
    return {each.id: each for each in found}


async def read_readable(transaction: Transaction, user_id: str, file_id: str) -> FileRecord | None:
    """The file, if this user may read it."""
    found = await transaction.fetch(READABLE, FileRecord, user_id=user_id, file_id=file_id)
    return found[0] if found else None


async def read_avatar(transaction: Transaction, file_id: str) -> FileRecord | None:
    """The file, if it is a user's avatar."""
    found = await transaction.fetch(AVATAR, FileRecord, file_id=file_id)
    return found[0] if found else None


async def require_own_file(transaction: Transaction, user_id: str, file_id: str | None) -> None:
    """Raise `NotFound` for a file that is not the user's, or was given up."""
    if file_id is not None and not await transaction.fetch(
        OWN_FILE, str, user_id=user_id, file_id=file_id
    ):
        raise NotFound("file not found", field="file_id")


async def read_owned_uploads(
    transaction: Transaction, user_id: str, *, after: str, limit: int
) -> list[Upload]:
    """A page of the user's unfinished uploads by id."""
    return await transaction.fetch(OWNED_UPLOADS, Upload, user_id=user_id, after=after, limit=limit)


async def read_owned(
    transaction: Transaction, user_id: str, *, after: str, limit: int, given_up: bool = False
) -> list[FileRecord]:
    """A page of the user's files by id, on request with those that were given up."""
    query = OWNED if given_up else OWNED_AVAILABLE
    return await transaction.fetch(query, FileRecord, user_id=user_id, after=after, limit=limit)


async def forget_owned(transaction: Transaction, user_id: str, file_ids: Sequence[str]) -> None:
    """Forget files of an erased user."""
    await transaction.execute(FORGET_OWNED, user_id=user_id, file_ids=list(file_ids))


async def read_usage(transaction: Transaction, user_id: str) -> int:
    """Bytes that a user's files and uploads take."""
    stored = await transaction.fetch(FILES_SIZE, int, user_id=user_id)
    coming = await transaction.fetch(UPLOADS_SIZE, int, user_id=user_id)
    return stored[0] + coming[0]


async def mark_file_deleted(
    transaction: Transaction, user_id: str, file_id: str, *, at: int
) -> bool:
    """Give up a file of the user's that is in no use; False if there is none."""
    await lock(transaction, users_by_id([user_id]))
    return bool(
        await transaction.execute(MARK_OWN_DELETED, user_id=user_id, file_ids=[file_id], at=at)
    )


async def mark_files_orphaned(
    transaction: Transaction, *, before: int, limit: int, at: int
) -> list[str]:
    """Give up the oldest files that are in no use, and those given up before."""
    unwanted = await transaction.fetch(UNWANTED, _Owned, before=before, limit=limit)
    if not unwanted:
        return []
    file_ids = [each.id for each in unwanted]
    await lock(transaction, users_by_id({each.owner_id for each in unwanted}))
    await transaction.execute(MARK_DELETED, file_ids=file_ids, at=at)
    return await transaction.fetch(ORPHANED, str, file_ids=file_ids)


async def forget_files(transaction: Transaction, file_ids: Sequence[str]) -> None:
    """Forget files that were given up."""
    await transaction.execute(FORGET_FILES, file_ids=list(file_ids))


def _values(struct: Upload | FileRecord, names: Sequence[str]) -> tuple[object, ...]:
    return tuple(getattr(struct, name) for name in names)


class FileMethods(StorageMethods[Database]):
    """Files; `ports.storage.Files` documents the methods."""

    create_upload = writing(create_upload)
    upload = reading(read_upload)
    finish_upload = writing(finish_upload)
    cancel_upload = writing(cancel_upload)
    expired_uploads = reading(read_expired)
    files = reading(read_files)
    readable_file = reading(read_readable)
    avatar = reading(read_avatar)
    mark_file_deleted = writing(mark_file_deleted)
    mark_files_orphaned = writing(mark_files_orphaned)
    forget_files = writing(forget_files)
