"""Files: uploaded, complete, attached to messages, and no longer in use."""

from collections.abc import Sequence

import msgspec

from backchannel.domain.errors import NotFound, QuotaExceeded
from backchannel.domain.files import File, FileRecord, Upload
from backchannel.storage.mongodb.account_documents import AttachmentKey, FileDocument
from backchannel.storage.mongodb.accounts import refuse_erased
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.reader import (
    ASCENDING,
    LAST,
    PAST_THE_END,
    Query,
    View,
    between,
    find_one,
    get_one,
)
from backchannel.storage.mongodb.schema import ATTACHMENTS, FILES
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.methods import StorageMethods, reading, writing

BY_ID = (("_id", ASCENDING),)
OLDEST_FIRST = (("created_at", ASCENDING),)
_MARKED = {"$gte": 0}


class _Usage(msgspec.Struct):
    size: int


async def create_upload(transaction: Transaction, new: Upload, *, quota: int) -> None:
    """Make room for an upload. Raises `QuotaExceeded`."""
    await refuse_erased(transaction, new.owner_id)
    if await read_usage(transaction, new.owner_id) + new.size > quota:
        raise QuotaExceeded(
            f"your files may take at most {quota:,} bytes in all; delete some first", field="size"
        )
    transaction.add(FILES, FileDocument(**msgspec.structs.asdict(new)))


async def read_upload(view: View, upload_id: str) -> Upload | None:
    """The upload with this id; None if it is complete or does not exist."""
    found = await get_one(view, FILES, upload_id)
    return None if found is None or found.complete else _upload(found)


async def finish_upload(transaction: Transaction, record: FileRecord) -> None:
    """Turn an upload into a file. Raises `NotFound`."""
    found = await get_one(transaction, FILES, record.id)
    if found is None or found.complete:
        raise NotFound("upload not found")
    for name in FileRecord.__struct_fields__:
        setattr(found, name, getattr(record, name))
    found.complete = True


async def cancel_upload(transaction: Transaction, upload_id: str, *, at: int) -> bool:
    """Turn an upload into a file that was given up; False if there is none."""
    found = await get_one(transaction, FILES, upload_id)
    if found is None or found.complete:
        return False
    found.upload_size, found.size = found.size, 0
    found.complete, found.condemned_at = True, at
    return True


async def read_expired(view: View, *, before: int, limit: int) -> list[Upload]:
    """The oldest uploads that began before a time."""
    query = {"complete": False, "named": 0, "created_at": {"$lt": before}}
    found = await view.find(FILES, query, order=OLDEST_FIRST, limit=limit)
    return [_upload(each) for each in found]


async def read_files(view: View, file_ids: Sequence[str]) -> dict[str, File]:
    """Those of `file_ids` that exist."""
    found = await view.get(FILES, file_ids)
    return {each.id: _file(each) for each in found if _is_available(each)}


async def read_readable(view: View, user_id: str, file_id: str) -> FileRecord | None:
    """The file, if this user may read it."""
    found = await get_one(view, FILES, file_id)
    if found is None or not _is_available(found):
        return None
    if found.owner_id != user_id:
        low, high = AttachmentKey(file_id, "", 0), AttachmentKey(file_id, LAST, PAST_THE_END)
        query = {"_id": between(low, high), "members": user_id}
        if await find_one(view, ATTACHMENTS, query) is None:
            return None
    return _record(found)


async def read_avatar(view: View, file_id: str) -> FileRecord | None:
    """The file, if it is a user's avatar."""
    found = await get_one(view, FILES, file_id)
    return _record(found) if found and _is_available(found) and found.is_avatar else None


async def exchange_avatar(
    transaction: Transaction, user_id: str, old_id: str | None, new_id: str | None
) -> None:
    """Make another of the user's files the avatar, or remove the avatar. Raises `NotFound`."""
    if new_id is not None:
        new = await get_one(transaction, FILES, new_id)
        if new is None or not _is_available(new) or new.owner_id != user_id:
            raise NotFound("file not found", field="file_id")
        new.is_avatar, new.named = True, new.named + 1
    if old_id is not None:
        old = await get_one(transaction, FILES, old_id)
        if old is not None and old.is_avatar:
            old.is_avatar, old.named = False, old.named - 1


async def read_owned_uploads(view: View, user_id: str, *, after: str, limit: int) -> list[Upload]:
    """A page of the user's unfinished uploads by id."""
    query = {"owner_id": user_id, "complete": False, "_id": {"$gt": after}}
    found = await view.find(FILES, query, order=BY_ID, limit=limit)
    return [_upload(each) for each in found]


async def read_owned(
    view: View, user_id: str, *, after: str, limit: int, given_up: bool = False
) -> list[FileRecord]:
    """A page of the user's files by id, on request with those that were given up."""
    query: dict[str, object] = {"owner_id": user_id, "complete": True, "_id": {"$gt": after}}
    if not given_up:
        query["condemned_at"] = None
    found = await view.find(FILES, query, order=BY_ID, limit=limit)
    return [_record(each) for each in found]


async def forget_owned(transaction: Transaction, user_id: str, file_ids: Sequence[str]) -> None:
    """Forget files of an erased user."""
    for each in await transaction.get(FILES, file_ids):
        if each.owner_id == user_id and each.complete:
            transaction.remove(FILES, each)


async def read_usage(view: View, user_id: str) -> int:
    """Bytes that a user's files and uploads take."""
    taken = {"$sum": {"$add": ["$size", {"$ifNull": ["$thumbnail_size", 0]}]}}
    pipeline: list[Query] = [
        {"$match": {"owner_id": user_id}},
        {"$group": {"_id": None, "size": taken}},
    ]
    return sum(each.size for each in await view.aggregate(FILES, _Usage, pipeline))


async def mark_file_deleted(
    transaction: Transaction, user_id: str, file_id: str, *, at: int
) -> bool:
    """Give up a file of the user's that is in no use; False if there is none."""
    found = await get_one(transaction, FILES, file_id)
    if found is None or not _is_available(found) or found.owner_id != user_id or found.named:
        return False
    found.condemned_at = at
    return True


async def mark_files_orphaned(
    transaction: Transaction, *, before: int, limit: int, at: int
) -> list[str]:
    """Give up the oldest files that are in no use, and those given up before."""
    unnamed = {"complete": True, "named": 0, "created_at": {"$lt": before}, "condemned_at": None}
    unwanted = [
        *await _oldest(transaction, {"condemned_at": _MARKED}, limit),
        *await _oldest(transaction, unnamed, limit),
    ]
    unwanted = sorted(unwanted, key=lambda each: (each.created_at, each.id))[:limit]
    for each in unwanted:
        if each.condemned_at is None:
            each.condemned_at = at
    return [each.id for each in unwanted]


async def forget_files(transaction: Transaction, file_ids: Sequence[str]) -> None:
    """Forget files that were given up."""
    for each in await transaction.get(FILES, file_ids):
        if each.condemned_at is not None:
            transaction.remove(FILES, each)


async def _oldest(transaction: Transaction, query: Query, limit: int) -> list[FileDocument]:
    return await transaction.find(FILES, query, order=OLDEST_FIRST, limit=limit)


def _is_available(file: FileDocument) -> bool:
    return file.complete and file.condemned_at is None


def _upload(document: FileDocument) -> Upload:
    return Upload(**{name: getattr(document, name) for name in Upload.__struct_fields__})


def _file(document: FileDocument) -> File:
    return File(**{name: getattr(document, name) for name in File.__struct_fields__})


def _record(document: FileDocument) -> FileRecord:
    return FileRecord(**{name: getattr(document, name) for name in FileRecord.__struct_fields__})


class FileMethods(StorageMethods[MongoDatabase]):
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
