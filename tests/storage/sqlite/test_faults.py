"""R10: with a full or failing disk, writes are refused clearly and reads continue."""

import asyncio
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from shutil import disk_usage
from typing import Any

import apsw
import pytest

from backchannel.domain.errors import Unavailable
from backchannel.ports.storage import Acknowledgement, Storage
from backchannel.storage.opening import open_storage
from backchannel.storage.sql.sqlite import indexer
from backchannel.storage.sql.sqlite.driver import AUTOCHECKPOINT
from backchannel.storage.sql.sqlite.opening import open_sqlite
from backchannel.storage.sql.sqlite.reserve import SIZE
from tests.storage.people import AT, Pair, add_login, bodies, make_login, make_pair, send
from tests.storage.sqlite.power import ApswDriver, Disk, fault, read_only

FULL = fault(apsw.FullError, apsw.SQLITE_FULL)
UNINDEXED = fault(apsw.IOError, apsw.SQLITE_IOERR_SHMSIZE)
"""The write-ahead log had room, and its index, which grows with it, had none."""
full = pytest.mark.parametrize("full", [FULL, UNINDEXED], ids=["the log", "its index"])

_names = (f"faulty-{number}" for number in itertools.count())


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk(next(_names))
    yield disk
    disk.unregister()


@pytest.fixture
async def storage(tmp_path: Path, disk: Disk) -> AsyncIterator[Storage]:
    url = f"sqlite:///{tmp_path}/chat.db"
    await (await open_storage(url)).close()
    opened = await open_sqlite(url, connect=lambda path: ApswDriver(path, disk, {}))
    yield opened
    disk.fail_write = disk.fail_sync = None
    await opened.close()


async def refused(storage: Storage, pair: Pair) -> str:
    with pytest.raises(Unavailable) as refusal:
        await storage.append([pair.draft("refused")], at=AT)
    return refusal.value.text


@full
async def test_R10_messages_are_refused_on_a_full_disk_until_there_is_room(
    storage: Storage, disk: Disk, full: apsw.Error
) -> None:
    pair = await make_pair(storage)
    await send(storage, pair.draft("before"))
    disk.fail_write = full
    assert "disk is full" in await refused(storage, pair)
    assert await bodies(storage, pair.id) == ["before"]
    assert await storage.account(pair.ada)
    disk.fail_write = None
    (stored,) = await send(storage, pair.draft("after"))
    assert stored.message.seq == 2
    assert await bodies(storage, pair.id) == ["before", "after"]


@full
async def test_R10_users_can_log_in_on_a_full_disk_while_messages_are_refused(
    storage: Storage,
    disk: Disk,
    full: apsw.Error,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = await make_pair(storage)
    reserve = tmp_path / "chat.db-reserve"
    assert reserve.stat().st_size == SIZE
    room = disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room._replace(free=0))
    disk.fail_write = full
    monkeypatch.setattr(os, "truncate", making_room(disk))
    await add_login(storage, login := make_login(pair.ada))
    assert (await storage.login(login.id)) == login
    assert reserve.stat().st_size == 0
    assert "disk is full" in await refused(storage, pair)

    monkeypatch.setattr(shutil, "disk_usage", lambda _: room)
    await send(storage, pair.draft("after"))
    assert reserve.stat().st_size == SIZE
    assert await bodies(storage, pair.id) == ["after"]


async def test_R10_the_disk_reserve_is_for_logins_only(
    storage: Storage, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = await make_pair(storage)
    await send(storage, pair.draft("before"))
    reserve = tmp_path / "chat.db-reserve"
    room = disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room._replace(free=0))
    disk.fail_write = FULL
    monkeypatch.setattr(os, "truncate", making_room(disk))
    for _ in range(2):
        assert "disk is full" in await refused(storage, pair)
        with pytest.raises(Unavailable, match="disk is full"):
            await storage.record_last_seen({pair.ada: AT})
        assert reserve.stat().st_size == SIZE
    login = make_login(pair.ada)
    await add_login(storage, login)
    assert reserve.stat().st_size == 0
    for _ in range(2):
        with pytest.raises(Unavailable, match="disk is full"):
            await storage.record_last_seen({pair.ada: AT})
        with pytest.raises(Unavailable, match="disk is full"):
            await storage.acknowledge([Acknowledgement(pair.ada, login.id, 1)])
    assert await storage.end_logins(pair.ada, at=AT) == [login.id]


async def test_R10_checkpoints_and_indexing_do_not_use_the_disk_reserve(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a checkpoint, which lets the database grow, nor the search index."""
    executed: list[str] = []

    def writes() -> set[str]:
        return {sql for sql in executed if "autocheckpoint" in sql or "INTO search_index" in sql}

    await (await open_storage(f"sqlite:///{tmp_path}/chat.db")).close()
    storage = await open_watched(tmp_path, disk, executed)
    pair = await make_pair(storage)
    room = disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room._replace(free=0))
    monkeypatch.setattr(os, "truncate", making_room(disk))
    await send(storage, pair.draft("to be indexed later"))
    disk.fail_write = FULL
    executed.clear()
    await add_login(storage, make_login(pair.ada))
    assert "PRAGMA wal_autocheckpoint = 0" in writes()
    executed.clear()
    await asyncio.sleep(10 * indexer.QUIET)
    assert writes() == set()

    monkeypatch.setattr(shutil, "disk_usage", lambda _: room)
    await send(storage, pair.draft("after"))
    assert f"PRAGMA wal_autocheckpoint = {AUTOCHECKPOINT}" in writes()
    async with asyncio.timeout(60):
        while not any("INTO search_index" in sql for sql in writes()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await storage.close()


async def test_R10_a_spent_disk_reserve_is_for_logins_only_after_a_restart_too(
    storage: Storage, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = await make_pair(storage)
    room = disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room._replace(free=SIZE - 1))
    monkeypatch.setattr(os, "truncate", making_room(disk))
    disk.fail_write = FULL
    await add_login(storage, make_login(pair.ada))
    await storage.close()

    executed: list[str] = []
    restarted = await open_watched(tmp_path, disk, executed)
    assert "disk is full" in await refused(restarted, pair)
    await add_login(restarted, make_login(pair.ada))
    assert [sql for sql in executed if "autocheckpoint" in sql][-1].endswith("= 0")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room)
    await send(restarted, pair.draft("after"))
    assert (tmp_path / "chat.db-reserve").stat().st_size == SIZE
    assert [sql for sql in executed if "autocheckpoint" in sql][-1].endswith(f"= {AUTOCHECKPOINT}")
    await restarted.close()


async def test_R10_a_disk_reserve_that_cannot_be_deleted_is_not_spent(
    disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await open_storage(f"sqlite:///{tmp_path}/chat.db")).close()
    executed: list[str] = []
    storage = await open_watched(tmp_path, disk, executed)
    pair = await make_pair(storage)
    for name in ("unlink", "touch"):
        monkeypatch.setattr(Path, name, read_only)
    monkeypatch.setattr(os, "truncate", read_only)
    disk.fail_write = FULL
    for _ in range(2):
        with pytest.raises(Unavailable, match="disk is full"):
            await add_login(storage, make_login(pair.ada))
    assert (tmp_path / "chat.db-reserve").stat().st_size == SIZE
    disk.fail_write = None
    await send(storage, pair.draft("after"))
    assert [sql for sql in executed if "autocheckpoint" in sql][-1].endswith(f"= {AUTOCHECKPOINT}")
    await storage.close()


async def open_watched(folder: Path, disk: Disk, executed: list[str]) -> Storage:
    """Open a database, and record all its statements."""

    class Watched(ApswDriver):
        def execute(self, sql: str, parameters: Any = (), /) -> Any:
            executed.append(sql)
            return super().execute(sql, parameters)

    return await open_sqlite(
        f"sqlite:///{folder}/chat.db", connect=lambda path: Watched(path, disk, {})
    )


def making_room(disk: Disk) -> Callable[..., None]:
    """Simulate that truncating any file makes room."""
    truncate = os.truncate

    def truncate_and_make_room(path: Path, length: int) -> None:
        truncate(path, length)
        disk.fail_write = None

    return truncate_and_make_room


async def test_R10_no_disk_reserve_is_made_on_a_nearly_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room._replace(free=2 * SIZE))
    storage = await open_storage(f"sqlite:///{tmp_path}/chat.db")
    pair = await make_pair(storage)
    await send(storage, pair.draft("stored all the same"))
    await storage.close()
    assert not (tmp_path / "chat.db-reserve").exists()


async def test_R10_a_refused_message_does_not_appear_after_a_kill(
    storage: Storage, disk: Disk, tmp_path: Path
) -> None:
    """Without room for the log's index, SQLite fails a commit that is already in the log."""
    pair = await make_pair(storage)
    await send(storage, pair.draft("before"))
    disk.fail_sync = UNINDEXED
    assert "disk is full" in await refused(storage, pair)
    (killed := tmp_path / "killed").mkdir()
    for name in ("chat.db", "chat.db-wal"):
        shutil.copy(tmp_path / name, killed)
    started = await open_storage(f"sqlite:///{killed}/chat.db")
    assert await bodies(started, pair.id) == ["before"]
    await started.close()


async def test_R10_a_failed_write_leaves_nothing_behind(storage: Storage, disk: Disk) -> None:
    pair = await make_pair(storage)
    disk.fail_write = fault(apsw.IOError, apsw.SQLITE_IOERR_WRITE)
    assert "SQLITE_IOERR_WRITE" in await refused(storage, pair)
    disk.fail_write = None
    await send(storage, pair.draft("after"))
    assert await bodies(storage, pair.id) == ["after"]


async def test_R10_after_a_failed_sync_nothing_is_written_until_reopened(
    storage: Storage, disk: Disk, tmp_path: Path
) -> None:
    pair = await make_pair(storage)
    await send(storage, pair.draft("before"))
    disk.fail_sync = fault(apsw.IOError, apsw.SQLITE_IOERR_FSYNC)
    await refused(storage, pair)
    disk.fail_sync = None
    assert "no longer written" in await refused(storage, pair)
    with pytest.raises(Unavailable):
        await storage.check()
    assert await bodies(storage, pair.id) == ["before"]
    await storage.close()
    reopened = await open_storage(f"sqlite:///{tmp_path}/chat.db")
    assert "before" in await bodies(reopened, pair.id)
    await send(reopened, pair.draft("after"))
    await reopened.close()
