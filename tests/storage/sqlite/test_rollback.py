"""R5: a restored, truncated or replaced database is noticed, and its epochs change."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backchannel.ports.storage import Storage
from backchannel.storage.opening import open_storage
from tests.storage.people import AT, Pair, add_login, bodies, make_login, make_pair, send
from tests.storage.sqlite.older import make_older

FILES = ("chat.db", "chat.db-wal", "chat.db-shm", "chat.db-mark", "chat.db-commits")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


async def opened(folder: Path) -> Storage:
    return await open_storage(f"sqlite:///{folder}/chat.db")


async def epoch(folder: Path, user_id: str) -> str:
    storage = await opened(folder)
    found = (await storage.heads([user_id]))[user_id].epoch
    await storage.close()
    return found


async def filled(folder: Path, *texts: str) -> Pair:
    """A database with a pair of users and messages of these texts, closed."""
    storage = await opened(folder)
    pair = await make_pair(storage)
    await send(storage, *(pair.draft(text) for text in texts))
    await storage.close()
    return pair


async def went_on(folder: Path, pair: Pair, text: str) -> None:
    storage = await opened(folder)
    await send(storage, pair.draft(text))
    await storage.close()


def killed(folder: Path, pair: Pair, count: int) -> None:
    """Send messages, one commit each, in a process that is killed right after the last."""
    code = f"""
import asyncio, os, signal
from backchannel.storage.opening import open_storage
from tests.storage.people import Pair, send
async def main():
    storage = await open_storage("sqlite:///{folder}/chat.db")
    pair = Pair({pair.ada!r}, {pair.bob!r}, {pair.id!r})
    for number in range({count}):
        await send(storage, pair.draft(f"unsaved {{number}}"))
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
    ended = subprocess.run([sys.executable, "-c", code], check=False, timeout=200)
    assert ended.returncode == -signal.SIGKILL
    assert (folder / "chat.db-wal").stat().st_size


def by_python(source: Path, target: Path) -> None:
    shutil.copytree(source, target)


def by_cp(*options: str) -> Callable[[Path, Path], None]:
    def copy(source: Path, target: Path) -> None:
        subprocess.run(["cp", *options, str(source), str(target)], check=True)

    return copy


def in_place(source: Path, target: Path) -> None:
    """Every file keeps its inode."""
    for path in source.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
        moment = path.stat()
        os.utime(target / path.name, ns=(moment.st_atime_ns, moment.st_mtime_ns))


def age(path: Path, *, seconds: int) -> None:
    moment = path.stat()
    before = moment.st_mtime_ns - seconds * 1_000_000_000
    os.utime(path, ns=(moment.st_atime_ns, before))


async def test_R5_an_unchanged_database_keeps_its_epoch(folder: Path) -> None:
    pair = await filled(folder, "one")
    before = await epoch(folder, pair.ada)
    assert await epoch(folder, pair.ada) == before
    await went_on(folder, pair, "two")
    killed(folder, pair, 3)
    assert await epoch(folder, pair.ada) == before
    folder.rename(folder.with_name("moved"))
    assert await epoch(folder.with_name("moved"), pair.ada) == before


async def test_R5_a_database_killed_at_any_moment_keeps_its_epoch(folder: Path) -> None:
    pair = await filled(folder, "one")
    before = await epoch(folder, pair.ada)
    for _ in range(3):
        killed(folder, pair, 20)
        assert await epoch(folder, pair.ada) == before


@pytest.mark.parametrize(
    "copy", [by_python, by_cp("-r"), by_cp("-a")], ids=["python", "cp -r", "cp -a"]
)
async def test_R5_a_restored_folder_has_a_new_epoch(
    folder: Path, copy: Callable[[Path, Path], None]
) -> None:
    pair = await filled(folder, "one")
    before = await epoch(folder, pair.ada)
    copy(folder, folder.with_name("backup"))
    await went_on(folder, pair, "lost")
    shutil.rmtree(folder)
    copy(folder.with_name("backup"), folder)
    after = await epoch(folder, pair.ada)
    assert after != before
    assert await epoch(folder, pair.ada) == after
    assert await epoch(folder, pair.bob) != after


async def test_R5_a_folder_restored_over_the_old_files_has_a_new_epoch(
    folder: Path,
) -> None:
    pair = await filled(folder, "one")
    before = await epoch(folder, pair.ada)
    shutil.copytree(folder, folder.with_name("backup"))
    await went_on(folder, pair, "lost")
    in_place(folder.with_name("backup"), folder)
    assert await epoch(folder, pair.ada) != before


async def test_R5_a_folder_restored_without_files_of_equal_size_and_time_has_a_new_epoch(
    folder: Path,
) -> None:
    """This is how rsync restores: the mark, written only once, has the same size and time."""
    pair = await filled(folder, "one")
    before = await epoch(folder, pair.ada)
    (backup := folder.with_name("backup")).mkdir()
    for path in folder.iterdir():
        shutil.copy2(path, backup / path.name)
        if path.name != "chat.db-mark":
            age(backup / path.name, seconds=60)
    await went_on(folder, pair, "lost")
    for path in backup.iterdir():
        if path.name != "chat.db-mark":
            shutil.copy2(path, folder / path.name)
    after = await epoch(folder, pair.ada)
    assert after != before
    assert await epoch(folder, pair.ada) == after


@pytest.mark.parametrize(
    "names",
    [
        ("chat.db",),
        ("chat.db", "chat.db-mark"),
        ("chat.db", "chat.db-mark", "chat.db-commits"),
    ],
)
async def test_R5_a_database_file_restored_alone_has_a_new_epoch(
    folder: Path, names: tuple[str, ...]
) -> None:
    pair = await filled(folder, "one")
    before = await epoch(folder, pair.ada)
    shutil.copytree(folder, folder.with_name("backup"))
    await went_on(folder, pair, "lost")
    for name in names:
        shutil.copy2(folder.with_name("backup") / name, folder / name)
    assert await epoch(folder, pair.ada) != before


@pytest.mark.parametrize("lost", ["chat.db-mark", "chat.db-commits"])
async def test_R5_missing_mark_files_cause_a_new_epoch(folder: Path, lost: str) -> None:
    pair = await filled(folder, "one")
    before = await epoch(folder, pair.ada)
    (folder / lost).unlink()
    assert await epoch(folder, pair.ada) != before


async def test_R5_a_backup_of_a_version_without_rollback_marks_has_a_new_epoch(
    folder: Path,
) -> None:
    pair = await filled(folder, "one")
    before = await epoch(folder, pair.ada)
    make_older(folder / "chat.db", "0007")
    assert await epoch(folder, pair.ada) != before


@pytest.mark.parametrize("keep", [0.0, 0.6, 0.95])
async def test_R5_a_truncated_write_ahead_log_is_noticed(folder: Path, keep: float) -> None:
    pair = await filled(folder, "one")
    before = await epoch(folder, pair.ada)
    killed(folder, pair, 10)
    log = folder / "chat.db-wal"
    os.truncate(log, int(log.stat().st_size * keep))
    assert await epoch(folder, pair.ada) != before


async def test_R5_a_missing_write_ahead_log_is_noticed(folder: Path) -> None:
    pair = await filled(folder, "one")
    before = await epoch(folder, pair.ada)
    killed(folder, pair, 1)
    (folder / "chat.db-wal").unlink()
    assert await epoch(folder, pair.ada) != before


async def test_S3_a_refresh_token_that_is_newer_than_the_database_works_once(
    folder: Path,
) -> None:
    storage = await opened(folder)
    pair = await make_pair(storage)
    login = make_login(pair.ada)
    await add_login(storage, login)
    for generation, reached in ((7, 8), (6, 8), (7, 8), (8, 9)):
        renewed = await storage.rotate_login(login.id, generation=generation, at=AT, until=AT)
        assert renewed is not None
        assert renewed.generation == reached
    assert await bodies(storage, pair.id) == []
    await storage.close()
