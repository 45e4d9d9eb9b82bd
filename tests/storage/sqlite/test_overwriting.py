"""S22: unused bytes are overwritten while others use the file, and nothing else is."""

import asyncio
import errno
import os
import random
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast
from unittest.mock import Mock

import pytest

from backchannel.domain.erasures import new_erasure
from backchannel.domain.errors import Unavailable
from backchannel.storage.opening import open_storage
from backchannel.storage.sql.sqlite import overwriting
from backchannel.storage.sql.sqlite.driver import Connect, Driver, open_reader
from backchannel.storage.sql.sqlite.unused_bytes import (
    LoggedPages,
    UnknownPage,
    all_pages,
    overwrite_gaps,
    spans,
)
from tests.storage.people import AT, make_pair, send
from tests.storage.sqlite.test_scrubbing import CANARY, RARE, empty, filled, left

WORD = b"zaunkoenig"


@contextmanager
def descriptor_of(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def moved_about(path: Path, page_size: int) -> list[str]:
    """Make a database in which rows of all sizes were inserted, grew and were deleted."""
    rng, longest = random.Random(page_size), 3 * page_size // 2
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(f"PRAGMA page_size = {page_size}")
        database.execute("PRAGMA secure_delete = ON")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("CREATE TABLE a(id INTEGER PRIMARY KEY, text)")
        database.execute("CREATE TABLE b(text PRIMARY KEY, id) WITHOUT ROWID")
        database.execute("CREATE INDEX i ON a(text, id)")
        database.execute("BEGIN")
        for number in rng.sample(range(3_000), 3_000):
            text = f"{WORD.decode()}{number}" + "x" * rng.choice((0, 30, 300, longest))
            database.execute("INSERT INTO a VALUES(?, ?)", (number, text))
            database.execute("INSERT INTO b VALUES(?, ?)", (text[: page_size // 8], number))
        for number in rng.sample(range(3_000), 2_900):
            database.execute("DELETE FROM a WHERE id = ?", (number,))
            database.execute("DELETE FROM b WHERE id = ?", (number,))
            database.execute("INSERT INTO a VALUES(?, ?)", (3_000 + number, "y" * 40))
        database.execute("UPDATE a SET text = 'kept' || id")
        database.execute("UPDATE b SET text = 'kept' || id")
        database.execute("COMMIT")
        return list(database.iterdump())


@pytest.mark.parametrize("page_size", [512, 4_096, 65_536])
def test_S22_only_unused_bytes_are_overwritten(tmp_path: Path, page_size: int) -> None:
    path = tmp_path / "any.db"
    contents = moved_about(path, page_size)
    assert WORD in path.read_bytes()
    with descriptor_of(path) as descriptor:
        overwrite_gaps(descriptor, [all_pages(descriptor)])
    assert WORD not in path.read_bytes()
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert list(database.iterdump()) == contents


def test_S22_a_kill_during_overwriting_changes_no_contents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "any.db"
    contents = moved_about(path, 4_096)
    write, left_to_do = os.pwrite, 5

    def cut_off(descriptor: int, content: bytes, at: int) -> int:
        nonlocal left_to_do
        left_to_do -= 1
        if not left_to_do:
            write(descriptor, content[: len(content) // 2], at)
            raise KeyboardInterrupt
        return write(descriptor, content, at)

    with descriptor_of(path) as descriptor, monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", cut_off)
        with pytest.raises(KeyboardInterrupt):
            overwrite_gaps(descriptor, [all_pages(descriptor)])
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert list(database.iterdump()) == contents


def test_S22_partial_reads_and_writes_are_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "any.db"
    moved_about(path, 512)
    pages = path.stat().st_size // 512
    with descriptor_of(path) as descriptor:
        with pytest.raises(UnknownPage, match="truncated"):
            overwrite_gaps(descriptor, [range(pages + 1)])
        monkeypatch.setattr(os, "pwrite", lambda _, content, __: len(content) - 1)
        with pytest.raises(OSError, match="No space left"):
            overwrite_gaps(descriptor, [range(pages)])


def test_S22_a_damaged_page_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "any.db"
    moved_about(path, 4_096)
    content = bytearray(path.read_bytes())
    damaged = next(at for at in range(4_096, len(content), 4_096) if content[at] == 13)
    content[damaged + 3 : damaged + 5] = b"\xff\xff"
    path.write_bytes(content)
    page = damaged // 4_096
    with descriptor_of(path) as descriptor, pytest.raises(UnknownPage):
        overwrite_gaps(descriptor, [range(page, page + 1)])
    assert path.read_bytes() == content


def test_S22_a_file_with_auto_vacuum_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "any.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA auto_vacuum = FULL")
        database.execute("CREATE TABLE a(id INTEGER PRIMARY KEY)")
    with descriptor_of(path) as descriptor, pytest.raises(UnknownPage, match="auto_vacuum"):
        all_pages(descriptor)


def test_every_page_of_the_log_is_known(tmp_path: Path) -> None:
    path = tmp_path / "any.db"
    log = path.with_name("any.db-wal")
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE a(id INTEGER PRIMARY KEY, text)")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        logged = LoggedPages(log)
        logged.read()
        assert logged.numbers == set()
        before = path.read_bytes()
        for number in (1, 2):
            database.execute("INSERT INTO a VALUES(?, ?)", (number, "x" * 20_000))
            logged.read()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        after = path.read_bytes()
    differ = {
        at // 4_096
        for at in range(0, len(after), 4_096)
        if before[at : at + 4_096] != after[at : at + 4_096]
    }
    assert differ <= logged.numbers
    numbers = logged.numbers
    assert spans(numbers) == [range(min(numbers), max(numbers) + 1)]


async def test_S22_a_cancelled_scrub_stops_before_it_releases_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()
    steps: list[str] = []

    def wait_for_the_end(*_: object, ended: threading.Event) -> None:
        begun.set()
        assert ended.wait(60)
        steps.append("stopped")

    def noted(path: Path, connect: Connect) -> Driver:
        reader = open_reader(path, connect)

        def close() -> None:
            steps.append("closed")
            reader.close()

        wrapped = Mock(wraps=reader)
        wrapped.close = close
        return cast("Driver", wrapped)

    monkeypatch.setattr(overwriting, "overwrite_gaps", wait_for_the_end)
    monkeypatch.setattr(overwriting, "open_reader", noted)
    storage = await open_storage(f"sqlite:///{tmp_path / 'chat.db'}")
    scrubbing = asyncio.create_task(storage.scrub())
    assert await asyncio.to_thread(begun.wait, 60)
    scrubbing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await scrubbing
    assert steps == ["stopped", "closed"]
    await storage.close()


def connected(path: Path) -> sqlite3.Connection:
    opened = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
    opened.execute("PRAGMA synchronous = OFF")  # otherwise a stalled disk keeps the lock for long
    return opened


@contextmanager
def another_process(path: Path) -> Iterator[None]:
    """Write in the meantime, and copy the log into the file if possible."""
    done = threading.Event()
    writes = 0

    def interfere() -> None:
        nonlocal writes
        with closing(connected(path)) as database:
            while not done.wait(0.01):
                database.execute("UPDATE instance SET commits = commits")
                database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                writes += 1

    thread = threading.Thread(target=interfere)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    assert writes


@contextmanager
def old_pages(path: Path) -> Iterator[None]:
    """A process with old pages in its cache, which it writes again later."""
    with closing(connected(path)) as database:
        database.execute("PRAGMA cache_size = -65536")
        for table in ("message", "log", "search_index_data"):
            database.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - no input in it
        yield
        database.execute("UPDATE message SET created_at = created_at")
        database.execute("UPDATE log SET kind = kind")
        database.execute("UPDATE search_index_data SET block = block")


async def test_S22_a_scrub_is_complete_despite_concurrent_writes_and_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overwriting, "MOST_AT_THE_END", 3)  # several rounds
    path = tmp_path / "chat.db"
    erased = (await filled(path)).ada
    storage = await open_storage(f"sqlite:///{path}")
    erasure = new_erasure(erased, at=AT)
    await storage.request_erasure(erasure)
    await empty(storage, erasure.id, limit=200)
    others = await make_pair(storage)
    with old_pages(path):
        with another_process(path):
            scrubbing = asyncio.ensure_future(storage.scrub())
            sent = 0
            while not scrubbing.done():
                await send(storage, others.draft(f"meanwhile {sent}"))
                sent += 1
            await scrubbing
        assert (left(path, CANARY), left(path, RARE)) == (0, 0)
    await send(storage, *(others.draft(f"after {number} {'z' * 500}") for number in range(500)))
    assert (left(path, CANARY), left(path, RARE)) == (0, 0)
    history = await storage.history(others.id, limit=20_000)
    assert sum(each.body.startswith("meanwhile") for each in history) == sent
    await storage.close()
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("header", [b"", b"SQLite format 3\x00", bytes(100)])
def test_S22_a_file_without_a_header_is_not_written_to(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "any.db"
    path.write_bytes(header)
    with descriptor_of(path) as descriptor, pytest.raises(UnknownPage, match="header"):
        all_pages(descriptor)
    assert path.read_bytes() == header


@pytest.mark.parametrize("step", ["open_reader", "LoggedPages"])
async def test_a_scrub_without_file_descriptors_is_refused_and_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "chat.db"
    storage = await open_storage(f"sqlite:///{path}")
    with monkeypatch.context() as patched:
        refusals = {
            "open_reader": sqlite3.OperationalError("unable to open database file"),
            "LoggedPages": OSError(errno.EMFILE, os.strerror(errno.EMFILE)),
        }
        patched.setattr(overwriting, step, Mock(side_effect=refusals[step]))
        with pytest.raises(Unavailable):
            await storage.scrub()
    await storage.scrub()
    await storage.close()
