"""The contract of `ports.files.BlobStore`, tested on every store."""

import asyncio
from pathlib import Path

import obstore
import pytest

from backchannel.domain.errors import Damaged, Unavailable
from backchannel.domain.files import BLOCK
from backchannel.domain.ids import new_id
from backchannel.files.local import LocalStore
from backchannel.files.opening import open_files
from backchannel.files.s3 import PART, open_s3
from backchannel.ports.files import BlobStore
from tests.support.s3 import BUCKET


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(bytes(range(256)) * 40_960)  # ten blocks: more than one part of S3
    return path


async def test_stored_content_can_be_read_in_parts(store: BlobStore, source: Path) -> None:
    key, content = new_id(), source.read_bytes()
    await store.put(key, source)
    assert await store.read(key, 0, 10) == content[:10]
    assert await store.read(key, 3 * BLOCK - 5, 10) == content[3 * BLOCK - 5 : 3 * BLOCK + 5]
    assert await store.read(key, len(content) - 7, BLOCK) == content[-7:]
    blocks = [await store.read(key, start, BLOCK) for start in range(0, len(content), BLOCK)]
    assert b"".join(blocks) == content


async def test_a_large_content_is_sent_to_s3_in_parts(s3: str, source: Path) -> None:
    del s3  # the reading runs
    store = open_s3(f"s3://{BUCKET}/{new_id()}")
    for content, parts in ((source.read_bytes(), 2), (bytes(PART), None)):
        source.write_bytes(content)
        await store.put("key", source)
        tag = (await obstore.head_async(store._store, "key"))["e_tag"]
        assert tag is not None
        assert tag.strip('"').partition("-")[2] == (str(parts) if parts else "")


async def test_storing_keeps_the_source_file(store: BlobStore, source: Path) -> None:
    before = source.read_bytes()
    await store.put(new_id(), source)
    assert source.read_bytes() == before


async def test_storing_again_replaces_the_content(store: BlobStore, source: Path) -> None:
    key = new_id()
    await store.put(key, source)
    source.write_bytes(b"other")
    await store.put(key, source)
    assert await store.read(key, 0, BLOCK) == b"other"


async def test_a_key_and_its_thumbnail_are_separate(store: BlobStore, source: Path) -> None:
    key = new_id()
    await store.put(key, source)
    source.write_bytes(b"small")
    await store.put(f"{key}.thumbnail", source)
    assert await store.read(f"{key}.thumbnail", 0, BLOCK) == b"small"
    assert len(await store.read(key, 0, BLOCK)) == BLOCK
    await store.delete(f"{key}.thumbnail")
    assert len(await store.read(key, 0, BLOCK)) == BLOCK


async def test_deleting_twice_is_harmless(store: BlobStore, source: Path) -> None:
    key = new_id()
    await store.put(key, source)
    await store.delete(key)
    await store.delete(key)
    with pytest.raises(Damaged):
        await store.read(key, 0, 1)


async def test_many_at_once(store: BlobStore, tmp_path: Path) -> None:
    keys = [new_id() for _ in range(20)]
    for key in keys:
        (tmp_path / key).write_text(key)
    await asyncio.gather(*(store.put(key, tmp_path / key) for key in keys))
    read = await asyncio.gather(*(store.read(key, 0, 100) for key in keys))
    assert [each.decode() for each in read] == keys


async def test_an_object_store_out_of_reach_is_unavailable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: Path
) -> None:
    for name, value in (
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", "x"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_REGION", "x"),
    ):
        monkeypatch.setenv(name, value)
    store = (await open_files("s3://nowhere", uploads=tmp_path / "uploads")).blobs
    async with asyncio.timeout(60):
        with pytest.raises(Unavailable):
            await store.put(new_id(), source)


async def test_a_local_folder_that_refuses_is_unavailable(tmp_path: Path, source: Path) -> None:
    (tmp_path / "occupied").write_text("a file")
    with pytest.raises(Unavailable):
        await open_files(f"file://{tmp_path / 'occupied' / 'files'}", uploads=tmp_path / "uploads")
    store = LocalStore(tmp_path / "files")
    key = new_id()
    (tmp_path / "files" / key[-2:]).write_text("in the way")
    with pytest.raises(Unavailable):
        await store.put(key, source)
