"""R5, L10: a database that is removed, or locked, while the server runs."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from backchannel.domain.errors import Unavailable
from backchannel.ports.storage import Storage
from tests.storage.people import AT, add_login, make_login, make_pair, send
from tests.storage.sqlite.test_rollback import filled, opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
async def running(folder: Path) -> AsyncIterator[Storage]:
    await filled(folder)
    storage = await opened(folder)
    yield storage
    await storage.close()


def delete(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    shutil.copy2(path, path.with_name("copy"))
    path.with_name("copy").rename(path)


def truncate(path: Path) -> None:
    os.truncate(path, 8192)


def empty(path: Path) -> None:
    os.truncate(path, 0)


@pytest.mark.parametrize("harm", [delete, replace, truncate, empty])
async def test_R5_the_server_stops_writing_when_its_database_file_is_removed_or_changed(
    running: Storage, folder: Path, harm: Callable[[Path], None]
) -> None:
    harm(folder / "chat.db")
    assert await refusal(running.check) in {"deleted", "replaced", "truncated", "damaged"}
    login = make_login("nobody")
    with pytest.raises(Unavailable, match="no longer written"):
        await add_login(running, login)


@pytest.mark.parametrize("harm", [delete, replace])
async def test_R5_the_server_stops_writing_when_its_write_ahead_log_is_removed(
    running: Storage, folder: Path, harm: Callable[[Path], None]
) -> None:
    harm(folder / "chat.db-wal")
    assert await refusal(running.check) == "deleted"


async def test_R5_checkpoints_and_scrubs_do_not_stop_the_server(folder: Path) -> None:
    storage = await opened(folder)
    pair = await make_pair(storage)
    for _ in range(4):
        await send(storage, *(pair.draft("x" * 2_000) for _ in range(300)))
        await storage.scrub()
        await asyncio.sleep(0.3)
    await storage.check()
    await storage.close()


async def test_L10_a_lock_held_by_another_program_is_reported_until_it_is_released(
    running: Storage, folder: Path
) -> None:
    other = sqlite3.connect(folder / "chat.db", isolation_level=None, timeout=60)
    other.execute("BEGIN IMMEDIATE")
    login = asyncio.ensure_future(running.record_last_seen({"ada": AT}))
    await asyncio.sleep(0)
    assert await refusal(running.check) == "locked"
    with pytest.raises(Unavailable):
        await login
    assert await refusal(running.check) == "locked"
    other.execute("ROLLBACK")
    other.close()
    async with asyncio.timeout(60):
        while await refusal(running.check, within=0) is not None:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.05)


async def refusal(check: Callable[[], Awaitable[None]], *, within: float = 60) -> str | None:
    """The reason code of the unavailable storage, which may take some time to be detected."""
    until = asyncio.get_running_loop().time() + within
    while True:
        try:
            await check()
        except Unavailable as error:
            words = ("deleted", "replaced", "truncated", "damaged", "locked")
            return next(word for word in words if word in error.text)
        if asyncio.get_running_loop().time() >= until:
            return None
        await asyncio.sleep(0.02)
