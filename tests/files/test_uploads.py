"""Uploads, and the files made from them, without HTTP."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backchannel.chat import attachments, maintenance
from backchannel.chat.core import Core
from backchannel.chat.messages import draft, send
from backchannel.domain.errors import (
    Conflict,
    Damaged,
    Invalid,
    NotFound,
    QuotaExceeded,
    TooLarge,
    UnsupportedFile,
)
from backchannel.domain.files import BLOCK, UPLOAD_LIFE, FileRecord, Upload
from tests.files.conftest import People
from tests.storage.people import usage
from tests.support import media
from tests.support.clock import ManualClock

CONTENT = os.urandom(5 * BLOCK // 2)


async def pieces(content: bytes, size: int = 65_536) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def cut_off(content: bytes) -> AsyncIterator[bytes]:
    async for piece in pieces(content):
        yield piece
    raise ConnectionError


async def create(core: Core, user_id: str, size: int, name: str = "a.bin") -> Upload:
    return await attachments.create_upload(core, user_id, name=name, size=size)


async def store(core: Core, user_id: str, content: bytes = CONTENT) -> FileRecord:
    upload = await create(core, user_id, len(content))
    return await attachments.store(core, upload, pieces(content))


async def read(core: Core, user_id: str, file_id: str, start: int = 0, stop: int = -1) -> bytes:
    content = await attachments.open_file(core, user_id, file_id)
    stop = content.size if stop < 0 else stop
    return b"".join([each async for each in attachments.read(core, content, start, stop)])


def kept(tmp_path: Path) -> list[str]:
    """The names of all files on disk."""
    roots = (tmp_path / "files", tmp_path / "uploads")
    return [path.name for root in roots for path in root.rglob("*") if path.is_file()]


async def test_a_large_upload_reads_the_database_as_often_as_a_small_one(
    core: Core, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload, looked_up = core.storage.upload, [0]

    async def counted(upload_id: str) -> Upload | None:
        looked_up[0] += 1
        return await upload(upload_id)

    monkeypatch.setattr(core.storage, "upload", counted)
    counts: list[int] = []
    for size in (1_000, 24 * BLOCK):
        looked_up[0] = 0
        created = await create(core, people.ada, size)
        await attachments.append(core, created, 0, pieces(bytes(size)))
        counts.append(looked_up[0])
    assert counts[0] == counts[1] <= 4


async def test_a_file_is_read_as_it_was_stored(core: Core, people: People) -> None:
    file = await store(core, people.ada)
    assert await read(core, people.ada, file.id) == CONTENT
    for start, stop in ((0, 1), (BLOCK - 1, BLOCK + 1), (BLOCK, 2 * BLOCK), (7, len(CONTENT))):
        assert await read(core, people.ada, file.id, start, stop) == CONTENT[start:stop]


async def test_an_upload_goes_on_where_it_was_cut(core: Core, people: People) -> None:
    upload = await create(core, people.ada, len(CONTENT))
    with pytest.raises(ConnectionError):
        await core.uploads.append(upload, 0, cut_off(CONTENT[:700_001]))
    _, offset = await attachments.progress(core, people.ada, upload.id)
    assert offset == 700_001
    for wrong in (0, 700_000, 700_002):
        with pytest.raises(Conflict):
            await core.uploads.append(upload, wrong, pieces(CONTENT[wrong:]))
    reached = await core.uploads.append(upload, offset, pieces(CONTENT[offset:]))
    assert reached == len(CONTENT)
    assert await read(core, people.ada, upload.id) == CONTENT
    assert await attachments.progress(core, people.ada, upload.id) == (
        (await attachments.progress(core, people.ada, upload.id))[0],
        len(CONTENT),
    )


async def test_a_newer_request_takes_over_at_once(core: Core, people: People) -> None:
    upload = await create(core, people.ada, len(CONTENT))
    stuck, freed = asyncio.Event(), asyncio.Event()

    async def hanging() -> AsyncIterator[bytes]:
        yield CONTENT[:300_000]
        stuck.set()
        await freed.wait()
        yield CONTENT[300_000:600_000]

    old = asyncio.create_task(core.uploads.append(upload, 0, hanging()))
    await stuck.wait()
    _, offset = await attachments.progress(core, people.ada, upload.id)
    await core.uploads.append(upload, offset, pieces(CONTENT[offset:]))
    freed.set()
    with pytest.raises((Conflict, TooLarge)):
        await old
    assert await read(core, people.ada, upload.id) == CONTENT


async def test_bytes_past_the_announced_size_are_refused(core: Core, people: People) -> None:
    upload = await create(core, people.ada, 300_000)
    with pytest.raises(TooLarge):
        await core.uploads.append(upload, 0, pieces(CONTENT))
    whole = await create(core, people.ada, 300_000)
    with pytest.raises(TooLarge):
        await attachments.store(core, whole, pieces(CONTENT))
    with pytest.raises(NotFound):
        await attachments.progress(core, people.ada, whole.id)


async def test_bytes_that_fail_their_check_are_removed(core: Core, people: People) -> None:
    upload = await create(core, people.ada, len(CONTENT))
    await core.uploads.append(upload, 0, pieces(CONTENT[:100]))

    def refuse() -> None:
        raise Invalid("not what was promised")

    with pytest.raises(Invalid):
        await core.uploads.append(upload, 100, pieces(CONTENT[100:]), verify=refuse)
    with pytest.raises(ConnectionError):
        await core.uploads.append(upload, 100, cut_off(CONTENT[100:900]), verify=refuse)
    with pytest.raises(Conflict):
        await core.uploads.append(upload, 0, pieces(CONTENT), verify=refuse)
    assert (await attachments.progress(core, people.ada, upload.id))[1] == 100


async def test_a_complete_upload_is_finished_by_asking_for_its_progress(
    core: Core, people: People, tmp_path: Path
) -> None:
    upload = await create(core, people.ada, len(CONTENT))
    await core.files.staging.append(upload.id, 0, CONTENT)  # and then the server was killed
    asked = [attachments.progress(core, people.ada, upload.id) for _ in range(5)]
    assert {offset for _, offset in await asyncio.gather(*asked)} == {len(CONTENT)}
    assert await read(core, people.ada, upload.id) == CONTENT
    assert kept(tmp_path) == [upload.id]


async def test_refused_content_leaves_no_files(core: Core, people: People, tmp_path: Path) -> None:
    for content in (b"MZ\x90 a program", media.bomb(60_000, 60_000)):
        with pytest.raises(UnsupportedFile):
            await store(core, people.ada, content)
        upload = await create(core, people.ada, len(content))
        with pytest.raises(UnsupportedFile):
            await core.uploads.append(upload, 0, pieces(content))
    assert kept(tmp_path) == []
    assert await usage(core.storage, people.ada) == 0


async def test_sizes_and_quota(core: Core, people: People) -> None:
    with pytest.raises(TooLarge):
        await create(core, people.ada, core.policy.file_size + 1)
    for _ in range(core.policy.file_quota // core.policy.file_size):
        await create(core, people.ada, core.policy.file_size)
    with pytest.raises(QuotaExceeded):
        await create(core, people.ada, core.policy.file_size)
    await create(core, people.bob, core.policy.file_size)


async def test_S11_only_their_owner_can_use_uploads_and_files(core: Core, people: People) -> None:
    upload = await create(core, people.ada, 10)
    file = await store(core, people.ada)
    for stranger in (people.bob, people.eve):
        for call in (
            attachments.progress(core, stranger, upload.id),
            attachments.progress(core, stranger, file.id),
            attachments.open_file(core, stranger, file.id),
            attachments.open_thumbnail(core, stranger, file.id),
            attachments.describe(core, stranger, [file.id]),
        ):
            with pytest.raises(NotFound):
                await call


@pytest.mark.parametrize("byte", [0, BLOCK - 1, BLOCK, len(CONTENT) - 1])
async def test_R18_a_flipped_byte_is_noticed_before_it_is_passed_on(
    core: Core, people: People, tmp_path: Path, byte: int
) -> None:
    file = await store(core, people.ada)
    (path,) = (tmp_path / "files").rglob(file.id)
    damaged = bytearray(path.read_bytes())
    damaged[byte] ^= 1
    path.write_bytes(damaged)
    block = byte // BLOCK
    with pytest.raises(Damaged):
        await read(core, people.ada, file.id, byte, byte + 1)
    content = await attachments.open_file(core, people.ada, file.id)
    blocks = attachments.read(core, content, 0, content.size)
    passed = [await anext(blocks) for _ in range(block)]
    assert b"".join(passed) == CONTENT[: block * BLOCK]
    with pytest.raises(Damaged):
        await anext(blocks)


@pytest.mark.parametrize("size", [0, 1, BLOCK, len(CONTENT) - 1])
async def test_R18_a_cut_or_missing_content_is_noticed(
    core: Core, people: People, tmp_path: Path, size: int
) -> None:
    file = await store(core, people.ada)
    (path,) = (tmp_path / "files").rglob(file.id)
    os.truncate(path, size)
    with pytest.raises(Damaged):
        await read(core, people.ada, file.id)
    path.unlink()
    with pytest.raises(Damaged):
        await read(core, people.ada, file.id)


async def test_unreferenced_files_are_collected_after_a_day(
    core: Core, people: People, clock: ManualClock, tmp_path: Path
) -> None:
    named, unnamed = await store(core, people.ada), await store(core, people.ada, media.jpeg())
    files = await attachments.describe(core, people.ada, [named.id])
    await send(core, draft(people.ada, people.bob, "", files=files))
    upload = await create(core, people.ada, 10)
    await core.uploads.append(upload, 0, pieces(b"12345"))
    clock.advance(UPLOAD_LIFE / 1_000 - 1)
    assert await maintenance.collect(core) == 0
    clock.advance(2)
    young = await store(core, people.ada)
    assert await maintenance.collect(core) == 2
    assert sorted(kept(tmp_path)) == sorted([named.id, young.id])
    assert await maintenance.collect(core) == 0
    for gone in (unnamed.id, upload.id):
        with pytest.raises(NotFound):
            await attachments.progress(core, people.ada, gone)
    assert await read(core, people.bob, named.id) == CONTENT


async def test_a_message_may_name_ten_files_each_once(core: Core, people: People) -> None:
    files = [(await store(core, people.ada, b"%d" % n)).id for n in range(11)]
    for wrong in (files, files[:1] * 2):
        with pytest.raises(Invalid):
            await attachments.describe(core, people.ada, wrong)
    assert await attachments.describe(core, people.ada, files[:10])
    assert await attachments.describe(core, people.ada, []) == ""


async def test_a_cancelled_upload_is_not_recreated_by_late_bytes(
    core: Core, people: People, tmp_path: Path
) -> None:
    upload = await create(core, people.ada, len(CONTENT))
    await core.uploads.append(upload, 0, pieces(CONTENT[:1_000]))
    await core.uploads.cancel(upload)
    with pytest.raises(NotFound):
        await attachments.progress(core, people.ada, upload.id)
    assert kept(tmp_path) == []


async def test_S22_bytes_that_arrive_after_the_end_of_their_upload_are_not_kept(
    core: Core, people: People, tmp_path: Path
) -> None:
    upload = await create(core, people.ada, len(CONTENT))

    async def late() -> AsyncIterator[bytes]:
        yield CONTENT[:1_000]
        await core.uploads.cancel(upload)

    with pytest.raises(NotFound):
        await core.uploads.append(upload, 0, late())
    assert kept(tmp_path) == []
