"""R10: the room set aside, and the mark that it was spent."""

import errno
import os
import shutil
from pathlib import Path
from shutil import disk_usage

import pytest

from backchannel.storage.sql.sqlite.reserve import ABUNDANCE, SIZE, Reserve


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file's path, on a disk with plenty of room."""
    room = disk_usage(tmp_path)._replace(free=ABUNDANCE)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room)
    return tmp_path / "chat.db"


def fail_half_way(path: Path, content: bytes) -> None:
    """Write to a disk that others fill meanwhile."""
    with path.open("wb") as file:
        file.write(content[: len(content) // 2])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_R10_the_mark_that_room_was_spent_is_there_at_every_moment(database: Path) -> None:
    reserve = Reserve(database)
    reserve.prepare()
    with Path(f"{database}-reserve").open("rb") as held:
        assert reserve.spend()
        now = os.fstat(held.fileno())
    assert (now.st_size, now.st_nlink) == (0, 1)
    assert Reserve(database).is_spent


def test_R10_room_that_cannot_be_set_aside_again_stays_spent(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = Reserve(database)
    reserve.prepare()
    assert reserve.spend()
    with monkeypatch.context() as failing:
        failing.setattr(Path, "write_bytes", fail_half_way)
        assert not reserve.restore()
    assert Path(f"{database}-reserve").stat().st_size == 0
    assert Reserve(database).is_spent
    assert reserve.restore()
    assert Path(f"{database}-reserve").stat().st_size == SIZE


def test_R10_room_that_was_never_set_aside_leaves_no_file(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "write_bytes", fail_half_way)
    reserve = Reserve(database)
    reserve.prepare()
    assert (reserve.is_held, reserve.is_spent, reserve.spend()) == (False, False, False)
    assert list(database.parent.iterdir()) == []
