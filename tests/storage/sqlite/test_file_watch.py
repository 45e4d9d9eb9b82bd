"""R5, L10: a database that is taken away, or locked, while the server runs."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from backchannel.domain.errors import Unavailable
from backchannel.ports.storage import Storage
from tests.storage.people import AT, make_login, make_pair, send
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
async def test_R5_the_server_stops_writing_when_its_database_is_taken_away(
    running: Storage, folder: Path, harm: Callable[[Path], None]
) -> None:
    harm(folder / "chat.db")
    assert await refusal(running.check) in {"deleted", "replaced", "truncated", "damaged"}
    login = make_login("nobody")
    with pytest.raises(Unavailable, match="written no more"):
        await running.create_login(login)


@pytest.mark.parametrize("harm", [delete, replace])
async def test_R5_the_server_stops_writing_when_its_log_of_writes_is_taken_away(
    running: Storage, folder: Path, harm: Callable[[Path], None]
) -> None:
    harm(folder / "chat.db-wal")
    assert await refusal(running.check) == "deleted"


async def test_R5_checkpoints_and_a_rewrite_are_no_reason_to_stop(folder: Path) -> None:
    storage = await opened(folder)
    pair = await make_pair(storage)
    for _ in range(4):
        await send(storage, *(pair.draft("x" * 2_000) for _ in range(300)))
        await storage.scrub()
        await asyncio.sleep(0.3)
    await storage.check()
    await storage.close()


async def test_L10_a_lock_that_another_program_holds_for_long_is_told_until_it_is_gone(
    running: Storage, folder: Path
) -> None:
    other = sqlite3.connect(folder / "chat.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    login = asyncio.ensure_future(running.record_last_seen({"ada": AT}))
    await asyncio.sleep(0)
    assert await refusal(running.check) == "locked"
    with pytest.raises(Unavailable):
        await login
    assert await refusal(running.check) == "locked"
    other.execute("ROLLBACK")
    other.close()
    async with asyncio.timeout(20):
        while await refusal(running.check, patience=0) is not None:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.05)


async def refusal(check: Callable[[], Awaitable[None]], *, patience: float = 20) -> str | None:
    """The word that says why the storage is unavailable, which may take some time to be known."""
    until = asyncio.get_running_loop().time() + patience
    while True:
        try:
            await check()
        except Unavailable as error:
            words = ("deleted", "replaced", "truncated", "damaged", "locked")
            return next(word for word in words if word in error.text)
        if asyncio.get_running_loop().time() >= until:
            return None
        await asyncio.sleep(0.02)
