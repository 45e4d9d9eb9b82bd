"""R10: the disk reserve, and the mark that it was released."""

import errno
import os
import shutil
from pathlib import Path
from shutil import disk_usage

import pytest

from backchannel.storage.sql.sqlite.reserve import FREE_BYTES_NEEDED, SIZE, DiskReserve


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file's path, on a disk with plenty of room."""
    room = disk_usage(tmp_path)._replace(free=FREE_BYTES_NEEDED)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room)
    return tmp_path / "chat.db"


def fail_half_way(path: Path, content: bytes) -> None:
    """Write to a disk that another program fills in the meantime."""
    with path.open("wb") as file:
        file.write(content[: len(content) // 2])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_R10_the_reserve_file_exists_at_every_moment_while_it_is_spent(database: Path) -> None:
    reserve = DiskReserve(database)
    reserve.prepare()
    with Path(f"{database}-reserve").open("rb") as held:
        assert reserve.spend()
        now = os.fstat(held.fileno())
    assert (now.st_size, now.st_nlink) == (0, 1)
    assert DiskReserve(database).is_spent


def test_R10_a_disk_reserve_that_cannot_be_restored_stays_spent(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = DiskReserve(database)
    reserve.prepare()
    assert reserve.spend()
    with monkeypatch.context() as failing:
        failing.setattr(Path, "write_bytes", fail_half_way)
        assert not reserve.restore()
    assert Path(f"{database}-reserve").stat().st_size == 0
    assert DiskReserve(database).is_spent
    assert reserve.restore()
    assert Path(f"{database}-reserve").stat().st_size == SIZE


def test_R10_a_disk_reserve_that_could_not_be_made_leaves_no_file(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "write_bytes", fail_half_way)
    reserve = DiskReserve(database)
    reserve.prepare()
    assert (reserve.is_held, reserve.is_spent, reserve.spend()) == (False, False, False)
    assert list(database.parent.iterdir()) == []
