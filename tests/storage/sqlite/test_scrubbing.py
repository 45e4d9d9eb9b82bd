"""S22 in SQLite's files: nothing is left after a scrub, and a kill during it does no harm."""

import asyncio
import multiprocessing
import random
import signal
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest

from backchannel.domain.erasures import new_erasure
from backchannel.domain.errors import Unavailable
from backchannel.domain.events import EventKind
from backchannel.domain.revisions import edit, react
from backchannel.ports.storage import Storage
from backchannel.storage.opening import open_storage
from backchannel.storage.sql.sqlite import database, overwriting
from backchannel.storage.sql.sqlite.driver import Connect, Driver, open_reader
from backchannel.storage.sql.sqlite.file_watch import LOOKS, PAUSE, FileWatch
from backchannel.storage.sql.sqlite.storage import SqliteStorage
from backchannel.storage.sql.sqlite.unused_bytes import LoggedPages
from tests.storage.people import AT, Pair, make_pair, send

CANARY = "kanarienvogel"
RARE = "\u2e18\U00010348"
"""The end of a trigram that nobody else writes; its beginning may be shared with its neighbour."""
MESSAGES = 2_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.db"


async def filled(path: Path) -> Pair:
    """Messages of Ada and Bob, moved in the file by edits and reactions, all indexed."""
    storage = await open_storage(f"sqlite:///{path}")
    pair = await make_pair(storage)
    rng = random.Random(22)
    for start in range(0, MESSAGES, 100):
        own = [
            pair.draft(
                f"{CANARY} \ua656{RARE} {'x' * rng.choice((5, 80, 400))}",
                client_id=f"{CANARY}-{rng.randbytes(8).hex()}",
            )
            for _ in range(100)
        ]
        theirs = [pair.answer(f"{'y' * rng.choice((5, 80, 400))}") for _ in range(100)]
        mixed = [draft for both in zip(own, theirs, strict=True) for draft in both]
        await send(storage, *mixed)
        for seq in rng.sample(range(2 * start + 1, 2 * start + 200, 2), 10):
            longer = edit(pair.ada, CANARY * rng.choice((20, 200)), at=AT)
            await storage.change(pair.id, seq, EventKind.EDIT, longer)
            thanks = react(pair.bob, "👍", active=True)
            await storage.change(pair.id, seq, EventKind.REACTION, thanks)
    await caught_up(path)
    await storage.close()
    return pair


async def caught_up(path: Path) -> None:
    """Wait until the index is up to date."""
    until = time.monotonic() + 60
    connection = sqlite3.connect(path, timeout=60)
    behind = (
        "SELECT (SELECT max(number) FROM message) > number"
        " OR EXISTS (SELECT * FROM search_stale) FROM search_progress"
    )
    while connection.execute(behind).fetchone()[0]:
        assert time.monotonic() < until
        await asyncio.sleep(0.01)
    connection.close()


def left(path: Path, text: str) -> int:
    """The number of occurrences of a text in the database's files."""
    return sum(each.read_bytes().count(text.encode()) for each in path.parent.glob("chat.db*"))


async def empty(storage: Storage, erasure_id: str, *, limit: int) -> None:
    while not (await storage.erase_part(erasure_id, limit=limit, at=AT)).complete:
        pass


async def test_S22_only_a_scrub_removes_deleted_rows_from_the_file(path: Path) -> None:
    pair = await filled(path)
    assert left(path, CANARY) > MESSAGES
    assert left(path, RARE) > MESSAGES * 9 // 10  # each message that was not edited, and the index
    storage = await open_storage(f"sqlite:///{path}")
    erasure = new_erasure(pair.ada, at=AT)
    await storage.request_erasure(erasure)
    await empty(storage, erasure.id, limit=200)
    await caught_up(path)
    assert left(path, CANARY)
    assert left(path, RARE)
    await storage.scrub()
    assert (left(path, CANARY), left(path, RARE)) == (0, 0)
    await storage.close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.execute("INSERT INTO search_index(search_index) VALUES('integrity-check')")
    connection.close()


async def test_S22_a_scrub_is_refused_while_the_write_ahead_log_is_being_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = await open_storage(f"sqlite:///{path}")
    pair = await make_pair(storage)
    await send(storage, pair.draft(CANARY))
    reading = sqlite3.connect(path, isolation_level=None)
    reading.execute("BEGIN")
    assert reading.execute("SELECT count(*) FROM message").fetchone() == (1,)
    await send(storage, pair.draft("another"))
    with monkeypatch.context() as hurried:
        hurried.setattr(database, "LOG_ATTEMPTS", 2)
        with pytest.raises(Unavailable):
            await storage.scrub()
    await send(storage, pair.draft("goes on"))
    reading.execute("COMMIT")
    reading.close()
    await storage.scrub()
    await storage.close()


def test_S22_pages_that_replace_rolled_back_pages_are_recognised(path: Path) -> None:
    log = path.with_name(f"{path.name}-wal")
    logged = LoggedPages(log)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("PRAGMA cache_size = 10")  # changes reach the log before the commit
        writer.execute("CREATE TABLE a(text)")
        writer.executemany("INSERT INTO a VALUES(?)", [("x" * 3_000,)] * 100)
        writer.execute("CREATE TABLE b(text)")
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        writer.execute("BEGIN")
        writer.execute("UPDATE a SET text = upper(text)")
        logged.read()
        assert logged.numbers
        writer.execute("ROLLBACK")
        writer.execute("INSERT INTO b VALUES('new')")
        (root,) = writer.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'b'").fetchone()
        logged.read()
    assert root - 1 in logged.numbers


def held_copies(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """Make each copy of the log set the first event, and wait for the second."""
    begun, released = threading.Event(), threading.Event()

    def held(path: Path, connect: Connect) -> Driver:
        begun.set()
        assert released.wait(60)
        return open_reader(path, connect)

    monkeypatch.setattr(overwriting, "open_reader", held)
    return begun, released


async def test_R5_a_file_that_grows_while_its_log_is_copied_is_not_taken_for_truncated(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, released = held_copies(monkeypatch)
    looked = threading.Event()

    def is_short(_: FileWatch) -> bool:
        short = begun.is_set() and not released.is_set()
        if short:
            looked.set()
        return short

    monkeypatch.setattr(FileWatch, "_is_short", is_short)
    storage = cast("SqliteStorage", await open_storage(f"sqlite:///{path}"))
    copying = asyncio.create_task(storage.file.copy_log())
    assert await asyncio.to_thread(begun.wait, 60)
    assert await asyncio.to_thread(looked.wait, 60)
    await asyncio.sleep(4 * LOOKS * PAUSE)
    released.set()
    await copying
    await storage.check()
    await storage.close()


async def test_S22_a_database_is_closed_after_its_log_is_copied(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, released = held_copies(monkeypatch)
    storage = cast("SqliteStorage", await open_storage(f"sqlite:///{path}"))
    copying = asyncio.create_task(storage.file.copy_log())
    assert await asyncio.to_thread(begun.wait, 60)
    ending = asyncio.create_task(storage.close())
    ended, _ = await asyncio.wait([ending], timeout=0.5)
    released.set()
    await asyncio.gather(copying, ending)
    assert not ended


def erase_and_be_killed(path: Path, erasure_id: str, *, after: float) -> None:
    """Let another process erase and scrub, until it is killed some seconds later."""
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
def test_S22_a_scrub_killed_at_any_moment_loses_and_leaves_nothing(path: Path) -> None:
    pair = asyncio.run(filled(path))
    erasure = new_erasure(pair.ada, at=AT)

    async def request() -> None:
        storage = await open_storage(f"sqlite:///{path}")
        await storage.request_erasure(erasure)
        await storage.close()

    asyncio.run(request())
    rng = random.Random(9)
    for _ in range(12):
        erase_and_be_killed(path, erasure.id, after=rng.uniform(0.05, 0.8))
    asyncio.run(erase_once(path, erasure.id))
    assert (left(path, CANARY), left(path, RARE)) == (0, 0)

    async def check() -> None:
        storage = await open_storage(f"sqlite:///{path}")
        stored = await storage.erasure(erasure.id)
        assert stored is not None
        assert stored.erased.messages == MESSAGES
        history = await storage.history(pair.id, limit=3 * MESSAGES)
        assert [each.seq for each in history] == list(range(1, 2 * MESSAGES + 1))
        assert sum(each.deleted_at is None for each in history) == MESSAGES
        page = await storage.log(pair.bob, after=0, limit=5 * MESSAGES)
        deletions = [each for each in page.events if each.payload.kind is EventKind.DELETE]
        assert len(deletions) == MESSAGES
        await storage.close()

    asyncio.run(check())
