"""S22 in SQLite's own files: what overwriting leaves, and what a kill in the middle does."""

import asyncio
import contextlib
import multiprocessing
import random
import shutil
import signal
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from backchannel.domain.erasures import new_erasure
from backchannel.domain.errors import Unavailable
from backchannel.domain.events import EventKind
from backchannel.domain.revisions import edit, react
from backchannel.ports.storage import Storage
from backchannel.storage.opening import open_storage
from backchannel.storage.sql.sqlite import database
from backchannel.storage.sql.sqlite.connection import SqliteConnection, Texts
from backchannel.storage.sql.sqlite.driver import connect, open_writer
from backchannel.storage.sql.sqlite.rewriting import rewrite
from tests.storage.people import AT, Pair, make_pair, send

CANARY = "kanarienvogel"
RARE = "\u2e18\U00010348"
"""The end of a trigram that nobody else writes; its beginning may be shared with its neighbour."""
MESSAGES = 2_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.db"


async def filled(path: Path) -> Pair:
    """Ada's words among Bob's, moved about by edits and reactions, all of them indexed."""
    storage = await open_storage(f"sqlite:///{path}")
    pair = await make_pair(storage)
    dice = random.Random(22)
    for start in range(0, MESSAGES, 100):
        own = [
            pair.draft(
                f"{CANARY} \ua656{RARE} {'x' * dice.choice((5, 80, 400))}",
                client_id=f"{CANARY}-{dice.randbytes(8).hex()}",
            )
            for _ in range(100)
        ]
        theirs = [pair.answer(f"{'y' * dice.choice((5, 80, 400))}") for _ in range(100)]
        mixed = [draft for both in zip(own, theirs, strict=True) for draft in both]
        await send(storage, *mixed)
        for seq in dice.sample(range(2 * start + 1, 2 * start + 200, 2), 10):
            longer = edit(pair.ada, CANARY * dice.choice((20, 200)), at=AT)
            await storage.change(pair.id, seq, EventKind.EDIT, longer)
            thanks = react(pair.bob, "👍", active=True)
            await storage.change(pair.id, seq, EventKind.REACTION, thanks)
    await caught_up(path)
    await storage.close()
    return pair


async def caught_up(path: Path) -> None:
    """Wait until the index knows all there is."""
    until = time.monotonic() + 60
    connection = sqlite3.connect(path, timeout=20)
    behind = (
        "SELECT (SELECT max(number) FROM message) > number"
        " OR EXISTS (SELECT * FROM search_stale) FROM search_progress"
    )
    while connection.execute(behind).fetchone()[0]:
        assert time.monotonic() < until
        await asyncio.sleep(0.01)
    connection.close()


def left(path: Path, text: str) -> int:
    """How often a text is in the bytes of the database's files."""
    return sum(each.read_bytes().count(text.encode()) for each in path.parent.glob("chat.db*"))


async def empty(storage: Storage, erasure_id: str, *, limit: int) -> None:
    while not (await storage.erase_part(erasure_id, limit=limit, at=AT)).complete:
        pass


async def test_S22_a_deleted_row_is_still_there_and_only_a_scrub_takes_it_away(path: Path) -> None:
    pair = await filled(path)
    assert left(path, CANARY) > MESSAGES
    assert left(path, RARE) > MESSAGES * 9 // 10  # each that was not edited, and the index
    storage = await open_storage(f"sqlite:///{path}")
    wish = new_erasure(pair.ada, at=AT)
    await storage.request_erasure(wish)
    await empty(storage, wish.id, limit=200)
    await caught_up(path)
    assert left(path, CANARY)
    assert left(path, RARE)
    await storage.scrub()
    assert (left(path, CANARY), left(path, RARE)) == (0, 0)
    assert path.with_name("chat.db-wal").stat().st_size == 0
    await storage.close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.execute("INSERT INTO search_index(search_index) VALUES('integrity-check')")
    connection.close()


async def test_S22_a_log_that_is_being_read_is_no_clean_log(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOG_ATTEMPTS", 2)
    storage = await open_storage(f"sqlite:///{path}")
    pair = await make_pair(storage)
    await send(storage, pair.draft(CANARY))
    reading = sqlite3.connect(path, isolation_level=None)
    reading.execute("BEGIN")
    assert reading.execute("SELECT count(*) FROM message").fetchone() == (1,)
    await send(storage, pair.draft("another"))
    with pytest.raises(Unavailable):
        await storage.scrub()
    await send(storage, pair.draft("goes on"))
    reading.execute("COMMIT")
    reading.close()
    await storage.scrub()
    assert path.with_name("chat.db-wal").stat().st_size == 0
    await storage.close()


def erase_and_be_killed(path: Path, erasure_id: str, *, after: float) -> None:
    """Let a process of its own erase and scrub, until it is killed some seconds later."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    child = context.Process(target=erase_alone, args=(path, erasure_id))
    child.start()
    child.join(after)
    child.kill()
    child.join()
    assert child.exitcode in {0, -signal.SIGKILL}


def erase_alone(path: Path, erasure_id: str) -> None:
    asyncio.run(erase_once(path, erasure_id))


async def erase_once(path: Path, erasure_id: str) -> None:
    storage = await open_storage(f"sqlite:///{path}")
    await empty(storage, erasure_id, limit=20)
    await storage.scrub()
    await storage.close()


@pytest.mark.slow
def test_S22_kills_at_any_moment_lose_nothing_and_leave_nothing(path: Path) -> None:
    pair = asyncio.run(filled(path))
    wish = new_erasure(pair.ada, at=AT)

    async def request() -> None:
        storage = await open_storage(f"sqlite:///{path}")
        await storage.request_erasure(wish)
        await storage.close()

    asyncio.run(request())
    dice = random.Random(9)
    for _ in range(12):
        erase_and_be_killed(path, wish.id, after=dice.uniform(0.05, 0.8))
    asyncio.run(erase_once(path, wish.id))
    assert (left(path, CANARY), left(path, RARE)) == (0, 0)

    async def check() -> None:
        storage = await open_storage(f"sqlite:///{path}")
        erasure = await storage.erasure(wish.id)
        assert erasure is not None
        assert erasure.erased.messages == MESSAGES
        history = await storage.history(pair.id, limit=3 * MESSAGES)
        assert [each.seq for each in history] == list(range(1, 2 * MESSAGES + 1))
        assert sum(each.deleted_at is None for each in history) == MESSAGES
        page = await storage.log(pair.bob, after=0, limit=5 * MESSAGES)
        deletions = [each for each in page.events if each.fact.kind is EventKind.DELETE]
        assert len(deletions) == MESSAGES
        await storage.close()

    asyncio.run(check())


async def test_S22_the_copy_is_made_beside_the_database(path: Path) -> None:
    await filled(path)
    driver = open_writer(path, connect)
    driver.execute("PRAGMA cache_size = -100")
    seen: set[Path] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for descriptor in Path("/proc/self/fd").iterdir():
                with contextlib.suppress(OSError):
                    if "etilqs" in (target := str(descriptor.readlink())):
                        seen.add(Path(target).parent)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        for _ in range(20):
            await rewrite(SqliteConnection(driver, Texts()), path)
            if seen:
                break
    finally:
        done.set()
        watching.join()
    driver.close()
    assert seen == {path.parent}


async def test_S22_without_room_nothing_is_begun_and_it_is_said_what_is_missing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = await open_storage(f"sqlite:///{path}")
    pair = await make_pair(storage)
    await send(storage, pair.draft(CANARY))
    size = path.stat().st_size
    with monkeypatch.context() as patched:
        full = shutil._ntuple_diskusage(9, 9, 2 * size - 1)
        patched.setattr(shutil, "disk_usage", lambda _: full)
        with pytest.raises(Unavailable, match=r"MiB free.*make room"):
            await storage.scrub()
    await storage.scrub()
    await storage.close()
