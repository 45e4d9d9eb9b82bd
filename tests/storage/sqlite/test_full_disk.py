"""R10: SQLite, and a start of the server, on a disk that really is full."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import disk_usage

import pytest

from backchannel.ports.storage import Storage
from backchannel.storage import CannotOpen
from backchannel.storage.opening import open_storage
from backchannel.storage.sql.migrations import SCHEMA_VERSION
from backchannel.storage.sql.sqlite.faults import DiskFull
from backchannel.storage.sql.sqlite.reserve import SIZE
from tests.storage.people import AT, Pair, add_login, bodies, make_login, make_pair, send
from tests.storage.sqlite.older import make_older
from tests.storage.sqlite.power import read_only
from tests.storage.sqlite.test_own_messages import own_messages, version_of

DISK = 64 * 1024 * 1024
LOG = 24 * 1024 * 1024
"""Bytes of a write-ahead log with more pages than one index of 32 KB can tell of."""
INDEX = 32 * 1024
MIGRATED = 2000
"""Messages that cannot be migrated in the room of two such indexes, and can in the reserve."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system in memory."""
    (folder := tmp_path / "disk").mkdir()
    options = ["-t", "tmpfs", "-o", f"size={DISK}", "backchannel-test", str(folder)]
    try:
        subprocess.run(["mount", *options], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root may mount a file system to fill")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, *, left: int = 0) -> None:
    (disk / "other").write_bytes(bytes(disk_usage(disk).free - left))


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder}/chat.db"


async def send_until_refused(storage: Storage, pair: Pair) -> list[str]:
    """Return the bodies that were stored."""
    stored: list[str] = []
    while True:
        body = f"{len(stored)}".ljust(10_000, ".")
        try:
            await storage.append([pair.draft(body)], at=AT)
        except DiskFull:
            return stored
        stored.append(body)


async def test_R10_users_can_log_in_if_only_the_write_ahead_log_has_room(
    disk: Path, tmp_path: Path
) -> None:
    storage = await open_storage(url_of(disk))
    pair = await make_pair(storage)
    with (disk / "chat.db-wal").open("r+b") as log:
        os.posix_fallocate(log.fileno(), 0, LOG)
    fill(disk)
    stored = await send_until_refused(storage, pair)
    assert (disk / "chat.db-wal").stat().st_size == LOG
    assert (disk / "chat.db-shm").stat().st_size == INDEX
    (killed := tmp_path / "killed").mkdir()
    for name in ("chat.db", "chat.db-wal"):
        shutil.copy(disk / name, killed)

    logins = [make_login(pair.ada) for _ in range(20)]
    for login in logins:
        await add_login(storage, login)
        assert await storage.login(login.id) == login
    assert (disk / "chat.db-shm").stat().st_size == 2 * INDEX
    assert await send_until_refused(storage, pair) == []
    (disk / "other").unlink()
    await send(storage, pair.draft("after"))
    assert await bodies(storage, pair.id) == [*stored, "after"]
    await storage.close()

    started = await open_storage(url_of(killed))
    assert await bodies(started, pair.id) == stored
    await started.close()


async def test_R10_a_server_started_on_a_full_disk_accepts_logins(disk: Path) -> None:
    storage = await open_storage(url_of(disk))
    pair = await make_pair(storage)
    await send(storage, pair.draft("before"))
    await storage.close()
    fill(disk)
    for _ in range(2):
        storage = await open_storage(url_of(disk))
        assert await bodies(storage, pair.id) == ["before"]
        assert await send_until_refused(storage, pair) == []
        await add_login(storage, make_login(pair.ada))
        await storage.close()
    (disk / "other").unlink()
    storage = await open_storage(url_of(disk))
    await send(storage, pair.draft("after"))
    assert await bodies(storage, pair.id) == ["before", "after"]
    await storage.close()
    assert (disk / "chat.db-reserve").stat().st_size == SIZE


async def test_R10_a_start_that_fails_on_a_full_disk_gives_the_reason(disk: Path) -> None:
    await (await open_storage(url_of(disk))).close()
    (disk / "chat.db-reserve").unlink()
    fill(disk)
    with pytest.raises(CannotOpen, match="the disk is full"):
        await open_storage(url_of(disk))


async def test_R10_a_start_that_cannot_free_the_disk_reserve_gives_the_reason(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await open_storage(url_of(disk))).close()
    fill(disk)
    for module, name in ((Path, "unlink"), (os, "truncate")):
        monkeypatch.setattr(module, name, read_only)
    with pytest.raises(CannotOpen, match="the disk is full"):
        await open_storage(url_of(disk))
    assert (disk / "chat.db-reserve").stat().st_size == SIZE


async def make_older_on(disk: Path) -> Pair:
    """A database of revision 0005, on a disk with room to open it and none to migrate it."""
    storage = await open_storage(url_of(disk))
    pair = await make_pair(storage)
    await send(storage, *(pair.draft(f"{number}") for number in range(MIGRATED)))
    await storage.close()
    make_older(disk / "chat.db", "0005")
    fill(disk, left=2 * INDEX)
    return pair


async def test_R10_R19_a_migration_on_a_full_disk_uses_the_disk_reserve(disk: Path) -> None:
    pair = await make_older_on(disk)
    storage = await open_storage(url_of(disk))
    assert (disk / "chat.db-reserve").stat().st_size == 0
    assert len(await bodies(storage, pair.id)) == MIGRATED
    assert await send_until_refused(storage, pair) == []
    await add_login(storage, make_login(pair.ada))
    await storage.close()
    assert version_of(disk / "chat.db") == SCHEMA_VERSION
    assert own_messages(disk / "chat.db") == MIGRATED


async def test_R10_R19_a_migration_that_fails_on_a_full_disk_changes_nothing(disk: Path) -> None:
    pair = await make_older_on(disk)
    (disk / "chat.db-reserve").unlink()
    (disk / "more").write_bytes(bytes(SIZE))
    with pytest.raises(CannotOpen, match=r"chat\.db cannot be opened: the disk is full$"):
        await open_storage(url_of(disk))
    (disk / "other").unlink()
    assert (version_of(disk / "chat.db"), own_messages(disk / "chat.db")) == ("0005", 0)
    storage = await open_storage(url_of(disk))
    assert len(await bodies(storage, pair.id)) == MIGRATED
    await storage.close()
    assert version_of(disk / "chat.db") == SCHEMA_VERSION
    assert own_messages(disk / "chat.db") == MIGRATED
