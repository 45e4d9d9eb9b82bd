"""The full-text index follows the messages through changes, deletions and crashes."""

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from backchannel.domain.events import EventKind
from backchannel.domain.folding import fold
from backchannel.domain.revisions import delete, edit
from backchannel.domain.search import terms_of
from backchannel.ports.storage import Storage
from backchannel.storage.opening import open_storage
from backchannel.storage.sql.sqlite import index
from backchannel.storage.sql.sqlite.indexer import Indexer
from tests.storage.people import AT, Pair, make_pair, send
from tests.storage.sqlite.killing import killed_writer
from tests.storage.sqlite.older import make_older

MESSAGES = """
SELECT message.number, conversation, first, second, body
FROM message JOIN conversation ON conversation.number = conversation WHERE body <> ''
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.db"


@pytest.fixture
async def storage(path: Path) -> AsyncIterator[Storage]:
    opened = await open_storage(f"sqlite:///{path}")
    yield opened
    await opened.close()


@contextmanager
def database(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=60)) as connection:
        yield connection


def postings(connection: sqlite3.Connection) -> set[tuple[str, int]]:
    """Every trigram in the index, with each message listed for it."""
    connection.execute(
        "CREATE VIRTUAL TABLE temp.postings USING fts5vocab(main, search_index, instance)"
    )
    found = set(connection.execute("SELECT term, doc FROM temp.postings"))
    connection.execute("DROP TABLE temp.postings")
    return found


def expected(connection: sqlite3.Connection) -> set[tuple[str, int]]:
    """The index entries that the existing messages must have."""
    made: set[tuple[str, int]] = set()
    for values in connection.execute(MESSAGES):
        number, *texts = index.row(index.IndexEntry(*values))
        assert isinstance(number, int)
        for text in map(str, texts):
            made |= {(text[at : at + 3], number) for at in range(len(text) - 2)}
    return made


async def caught_up(path: Path) -> None:
    """Wait until the index is up to date."""
    until = time.monotonic() + 60
    with database(path) as connection:
        while connection.execute(
            "SELECT (SELECT coalesce(max(number), 0) FROM message) > number"
            " OR EXISTS (SELECT * FROM search_stale) FROM search_progress"
        ).fetchone()[0]:
            assert time.monotonic() < until
            await asyncio.sleep(0.01)


def assert_exact(path: Path) -> None:
    with database(path) as connection:
        connection.execute("INSERT INTO search_index(search_index) VALUES ('integrity-check')")
        assert postings(connection) == expected(connection)


async def count(storage: Storage, pair: Pair, query: str) -> int:
    return len((await storage.search(pair.ada, terms_of(query), limit=9_999)).messages)


async def test_R7_edits_and_deletions_leave_no_old_words_in_the_index(
    storage: Storage, path: Path
) -> None:
    rng = random.Random(5)
    pair = await make_pair(storage)
    for number in range(1, 301):
        await send(storage, pair.draft(f"first words {number} — ÄÖ 漢字テスト"))
        seq = rng.randint(1, number)
        revise = edit(pair.ada, f"other words {number}", at=AT) if number % 3 else None
        change = revise or delete(pair.ada, at=AT)
        if (message := await storage.message(pair.id, seq)) and message.deleted_at is None:
            await storage.change(pair.id, seq, EventKind.EDIT, change)
    await caught_up(path)
    assert_exact(path)


async def test_R7_deleted_rows_are_removed_from_the_index(storage: Storage, path: Path) -> None:
    pair = await make_pair(storage)
    await send(storage, pair.draft("canary"), pair.draft("other"))
    await caught_up(path)
    with database(path) as connection:
        connection.execute("DELETE FROM message WHERE body = 'canary'")
        connection.commit()
    await send(storage, pair.draft("more"))
    await caught_up(path)
    assert_exact(path)


async def test_R19_an_older_database_is_indexed_in_the_background(path: Path) -> None:
    storage = await open_storage(f"sqlite:///{path}")
    pair = await make_pair(storage)
    await send(storage, *(pair.draft(f"old message {number}") for number in range(3_000)))
    await storage.close()
    make_older(path, "0003")
    storage = await open_storage(f"sqlite:///{path}")
    assert await count(storage, pair, "message 2999") == 1
    await caught_up(path)
    assert await count(storage, pair, '"message 17"') == 111
    await storage.close()
    assert_exact(path)


async def test_messages_that_are_not_indexed_yet_are_found(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Indexer, "timeout", None)
    monkeypatch.setattr(Indexer, "is_due", False)
    storage = await open_storage(f"sqlite:///{path}")
    pair = await make_pair(storage)
    await send(storage, *(pair.draft(f"fresh {number}") for number in range(300)))
    assert await count(storage, pair, "fresh") == 300
    await storage.close()


async def test_a_busy_writer_indexes_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Indexer, "timeout", None)
    storage = await open_storage(f"sqlite:///{path}")
    pair = await make_pair(storage)
    with database(path) as connection:
        async with asyncio.timeout(60):
            while connection.execute("SELECT number FROM search_progress").fetchone()[0] < 128:
                await send(storage, *(pair.draft("busy") for _ in range(20)))
    await storage.close()


async def test_R10_a_failing_search_index_does_not_refuse_messages(
    storage: Storage, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = await make_pair(storage)
    await send(storage, pair.draft("before"))
    await caught_up(path)

    def broken(_: index.IndexEntry) -> tuple[object, ...]:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(index, "row", broken)
        for number in range(5):
            await send(storage, pair.draft(f"during {number}"))
            await asyncio.sleep(0.02)
        assert await count(storage, pair, "during") == 5
    await send(storage, pair.draft("after"))
    await caught_up(path)
    assert_exact(path)


def test_R1_indexing_continues_after_the_process_was_killed(path: Path) -> None:
    async def prepare() -> None:
        await (await open_storage(f"sqlite:///{path}")).close()

    async def go_on() -> None:
        storage = await open_storage(f"sqlite:///{path}")
        await caught_up(path)
        await storage.close()

    asyncio.run(prepare())
    for after in (40, 700, 200):
        assert killed_writer(path, after=after)
    asyncio.run(go_on())
    assert_exact(path)


def test_each_token_is_one_trigram() -> None:
    numbers = [1, 2, 0xFEFF, 0xFF00, 0xFF01, 2**31, 2**45]
    entries = [index.IndexEntry(1, number, number, number, "") for number in numbers]
    tokens = {str(token) for entry in entries for token in index.row(entry)[1:4]}
    assert len(tokens) == 2 * len(numbers)
    assert {len(token) for token in tokens} == {3}
    assert all(fold(token) == token for token in tokens)
