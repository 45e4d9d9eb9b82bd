"""Files in the storage: uploads, quotas, read access and collection."""

import asyncio

import msgspec
import pytest

from backchannel.domain.errors import ClientIdReused, NotFound, QuotaExceeded
from backchannel.domain.events import EventKind
from backchannel.domain.files import FileRecord, Upload, attach
from backchannel.domain.ids import new_id, session_conversation_id
from backchannel.domain.messages import Draft, Message
from backchannel.domain.revisions import delete, edit
from backchannel.domain.users import ProfilePatch
from backchannel.ports.storage import Storage
from tests.storage.people import (
    AT,
    Pair,
    make_pair,
    make_user,
    refusals,
    send,
    session_draft,
    usage,
)

QUOTA = 1_000


def make_upload(owner_id: str, *, size: int = 100, created_at: int = AT) -> Upload:
    return Upload(
        id=new_id(),
        owner_id=owner_id,
        name="cät.jpg",
        media_type="image/jpeg",
        size=size,
        created_at=created_at,
        waveform="AP8=",
    )


def record_of(upload: Upload) -> FileRecord:
    return FileRecord(
        id=upload.id,
        owner_id=upload.owner_id,
        name=upload.name,
        media_type="image/jpeg",
        size=upload.size,
        sha256="0" * 64,
        created_at=upload.created_at,
        width=3,
        height=2,
        thumbnail_size=7,
        blocks="0" * 64,
        upload_size=upload.size,
        thumbnail_sha256="1" * 64,
        waveform=upload.waveform,
        placeholder="3AgOHA==",
    )


async def make_file(storage: Storage, owner_id: str, *, created_at: int = AT) -> FileRecord:
    upload = make_upload(owner_id, created_at=created_at)
    await storage.create_upload(upload, quota=1 << 40)
    await storage.finish_upload(record_of(upload))
    return record_of(upload)


def naming(draft: Draft, *files: FileRecord) -> Draft:
    return msgspec.structs.replace(draft, files=attach(files))


async def test_an_upload_becomes_a_file_once(storage: Storage, pair: Pair) -> None:
    upload = make_upload(pair.ada)
    await storage.create_upload(upload, quota=QUOTA)
    assert await storage.upload(upload.id) == upload
    assert await storage.files([upload.id]) == {}
    await storage.finish_upload(record_of(upload))
    assert await storage.upload(upload.id) is None
    assert await storage.readable_file(pair.ada, upload.id) == record_of(upload)
    (file,) = (await storage.files([upload.id, "unknown"])).values()
    assert (file.id, file.has_thumbnail) == (upload.id, True)
    with pytest.raises(NotFound):
        await storage.finish_upload(record_of(upload))
    assert not await storage.cancel_upload(upload.id, at=AT)


async def test_a_cancelled_upload_cannot_be_finished(storage: Storage, pair: Pair) -> None:
    upload = make_upload(pair.ada)
    await storage.create_upload(upload, quota=QUOTA)
    assert await storage.cancel_upload(upload.id, at=AT)
    assert not await storage.cancel_upload(upload.id, at=AT)
    with pytest.raises(NotFound):
        await storage.finish_upload(record_of(upload))
    assert await usage(storage, pair.ada) == 0
    assert await storage.mark_files_orphaned(before=0, limit=9, at=AT) == [upload.id]
    await storage.forget_files([upload.id])
    assert await storage.mark_files_orphaned(before=0, limit=9, at=AT) == []


async def test_S17_the_quota_holds_for_concurrent_uploads(storage: Storage, pair: Pair) -> None:
    uploads = [make_upload(pair.ada, size=300) for _ in range(8)]
    begun = await asyncio.gather(
        *(storage.create_upload(each, quota=QUOTA) for each in uploads), return_exceptions=True
    )
    assert sum(each is None for each in begun) == 3
    assert sum(isinstance(each, QuotaExceeded) for each in begun) == 5
    assert await usage(storage, pair.ada) == 900
    await storage.create_upload(make_upload(pair.bob, size=QUOTA), quota=QUOTA)


async def test_S11_only_the_owner_and_both_members_can_read_a_file(
    storage: Storage, pair: Pair
) -> None:
    stranger = await make_user(storage)
    file = await make_file(storage, pair.ada)
    assert await storage.readable_file(pair.bob, file.id) is None
    (sent,) = await send(storage, naming(pair.draft(""), file))
    assert await storage.readable_file(pair.bob, file.id) == file
    assert await storage.readable_file(stranger, file.id) is None
    assert await storage.readable_file("nobody", file.id) is None
    assert (await storage.message(pair.id, 1)) == sent.message
    await storage.change(pair.id, 1, EventKind.DELETE, delete(pair.ada, at=AT))
    assert await storage.readable_file(pair.bob, file.id) is None
    assert await storage.readable_file(pair.ada, file.id) == file


async def test_R20_a_draft_may_only_name_complete_files_of_its_sender(
    storage: Storage, pair: Pair
) -> None:
    own, others = await make_file(storage, pair.ada), await make_file(storage, pair.bob)
    upload = make_upload(pair.ada)
    await storage.create_upload(upload, quota=QUOTA)
    outcomes = await refusals(
        storage,
        naming(pair.draft("others"), others),
        naming(pair.draft("unfinished"), record_of(upload)),
        naming(pair.draft("one of two"), own, others),
        naming(pair.draft("unknown"), msgspec.structs.replace(own, id="unknown")),
        naming(pair.draft("own"), own),
    )
    assert outcomes == [*[NotFound] * 4, None]
    history: list[Message] = await storage.history(pair.id, limit=9)
    assert [(each.body, each.files) for each in history] == [("own", attach([own]))]


async def test_a_history_of_the_messages_that_have_files(storage: Storage, pair: Pair) -> None:
    files = [await make_file(storage, pair.ada) for _ in range(4)]
    await send(
        storage,
        pair.draft("1"),
        naming(pair.draft("2"), files[0], files[1]),
        pair.draft("3"),
        naming(pair.draft("4"), files[2]),
        naming(pair.draft("5"), files[3]),
        pair.draft("6"),
    )

    async def read(limit: int, **bounds: int) -> list[int]:
        page = await storage.history(pair.id, limit=limit, with_files=True, **bounds)
        return [each.seq for each in page]

    assert await read(9) == [2, 4, 5]
    assert await read(2) == [4, 5]
    assert await read(9, before=4) == [2]
    assert await read(9, before=2) == []
    assert await read(1, after=1) == [2]
    assert await read(9, after=2) == [4, 5]
    assert await read(9, after=5) == []
    await storage.change(pair.id, 4, EventKind.DELETE, delete(pair.ada, at=AT))
    page = await storage.history(pair.id, limit=9, with_files=True)
    assert [each.files for each in page] == [attach(files[:2]), attach(files[3:])]
    other = await make_pair(storage)
    assert await storage.history(other.id, limit=9, with_files=True) == []


async def test_R2_a_retry_must_name_the_same_files(storage: Storage, pair: Pair) -> None:
    one, two = await make_file(storage, pair.ada), await make_file(storage, pair.ada)
    draft = naming(pair.draft("look", client_id="key"), one)
    first, again = await send(storage, draft, draft)
    assert (again.repeated, again.message) == (True, first.message)
    for other in (naming(draft, two), msgspec.structs.replace(draft, files="")):
        assert await refusals(storage, other) == [ClientIdReused]
    await storage.change(pair.id, 1, EventKind.EDIT, edit(pair.ada, "looked", at=AT))
    (edited,) = await send(storage, draft)
    assert (edited.repeated, edited.message.files) == (True, attach([one]))
    await storage.change(pair.id, 1, EventKind.DELETE, delete(pair.ada, at=AT))
    (deleted,) = await send(storage, draft)
    assert (deleted.repeated, deleted.message.files) == (True, "")
    assert await refusals(storage, naming(draft, two)) == [ClientIdReused]


async def test_files_that_no_message_names_are_marked_and_deleted(
    storage: Storage, pair: Pair
) -> None:
    named, unnamed = await make_file(storage, pair.ada), await make_file(storage, pair.ada)
    young = await make_file(storage, pair.ada, created_at=AT + 10)
    await send(storage, naming(pair.draft("look"), named))
    assert await storage.mark_files_orphaned(before=AT + 1, limit=9, at=AT + 5) == [unnamed.id]
    assert await refusals(storage, naming(pair.draft("too late"), unnamed)) == [NotFound]
    assert await storage.readable_file(pair.ada, unnamed.id) is None
    assert await storage.mark_files_orphaned(before=0, limit=9, at=AT + 6) == [unnamed.id]
    await storage.forget_files([unnamed.id, named.id])
    assert await storage.mark_files_orphaned(before=AT + 1, limit=9, at=AT + 7) == []
    assert set(await storage.files([named.id, unnamed.id, young.id])) == {named.id, young.id}


async def test_collection_is_bounded(storage: Storage, pair: Pair) -> None:
    for _ in range(5):
        await make_file(storage, pair.ada)
        await storage.create_upload(make_upload(pair.ada), quota=1 << 40)
    assert len(await storage.mark_files_orphaned(before=AT + 1, limit=3, at=AT)) == 3
    assert len(await storage.expired_uploads(before=AT + 1, limit=2)) == 2
    assert await storage.expired_uploads(before=AT, limit=2) == []


async def test_a_deleted_session_lets_go_of_its_files(storage: Storage, pair: Pair) -> None:
    await storage.create_session(pair.ada, "key", name="A session", at=AT)
    file = await make_file(storage, pair.ada)
    await send(storage, naming(session_draft(pair.ada, "key", "look"), file))
    assert await storage.mark_files_orphaned(before=AT + 1, limit=9, at=AT) == []
    await storage.delete_session(pair.ada, "key", at=AT)
    (tombstone,) = await storage.history(session_conversation_id(pair.ada, "key"), limit=9)
    assert tombstone.files == ""
    assert await storage.mark_files_orphaned(before=AT + 1, limit=9, at=AT) == [file.id]


async def test_an_avatar_is_a_file_of_the_users_and_is_kept(storage: Storage, pair: Pair) -> None:
    first, second = await make_file(storage, pair.ada), await make_file(storage, pair.ada)
    assert await storage.avatar(first.id) is None
    await storage.update_profile(pair.ada, ProfilePatch(avatar=first.id), at=AT)
    assert await storage.avatar(first.id) == first
    assert (await storage.users([pair.ada]))[pair.ada].avatar == first.id
    assert not await storage.mark_file_deleted(pair.ada, first.id, at=AT)
    assert await storage.mark_files_orphaned(before=AT + 1, limit=9, at=AT) == [second.id]
    for user_id, file_id in ((pair.ada, second.id), (pair.bob, first.id), (pair.ada, "nothing")):
        with pytest.raises(NotFound):
            await storage.update_profile(user_id, ProfilePatch(avatar=file_id), at=AT)
    await storage.update_profile(pair.ada, ProfilePatch(avatar=None), at=AT)
    assert await storage.avatar(first.id) is None
    assert set(await storage.mark_files_orphaned(before=AT + 1, limit=9, at=AT)) == {
        first.id,
        second.id,
    }
