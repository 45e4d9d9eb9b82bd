"""R18: flipped bytes are found, and a damaged message does not affect others."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from backchannel.domain.errors import Damaged
from backchannel.domain.events import EventKind
from backchannel.domain.messages import Message
from backchannel.domain.revisions import delete, edit
from backchannel.ports.storage import Storage
from backchannel.storage.opening import open_storage
from backchannel.storage.shared.checksummed_message import DAMAGED
from backchannel.storage.sql.sqlite import health
from backchannel.storage.sql.sqlite.health import scan
from tests.storage.people import AT, Pair, bodies, make_pair, send

COUNT = 400
PAGE = 4096


def flip(path: Path, text: str) -> None:
    """Change one bit of the only occurrence of a text."""
    content = bytearray(path.read_bytes())
    assert content.count(text.encode()) == 1
    content[content.index(text.encode()) + len(text) // 2] ^= 1
    path.write_bytes(content)


@pytest.fixture
async def damaged(tmp_path: Path) -> AsyncIterator[tuple[Storage, Pair]]:
    """A database in which one bit of the second of three messages has flipped."""
    path = tmp_path / "chat.db"
    storage = await open_storage(f"sqlite:///{path}")
    pair = await make_pair(storage)
    await send(
        storage, *(pair.draft(f"the {word} message") for word in ("first", "second", "last"))
    )
    await storage.close()
    flip(path, "the second message")
    storage = await open_storage(f"sqlite:///{path}")
    yield storage, pair
    await storage.close()


SEEN = ["the first message", DAMAGED, "the last message"]


async def test_R18_a_flipped_bit_in_a_message_is_never_shown(
    damaged: tuple[Storage, Pair],
) -> None:
    storage, pair = damaged
    assert await bodies(storage, pair.id) == SEEN
    for user_id in (pair.ada, pair.bob):
        page = await storage.log(user_id, after=0, limit=10)
        shown = [event.payload.content for event in page.events]
        assert [each.body for each in shown if isinstance(each, Message)] == SEEN
    second = await storage.message(pair.id, 2)
    assert second is not None
    assert (second.kind, second.body) == ("failure", DAMAGED)


async def test_R18_a_damaged_message_can_only_be_deleted(damaged: tuple[Storage, Pair]) -> None:
    storage, pair = damaged

    change = edit(pair.ada, "another text", at=AT)
    with pytest.raises(Damaged):
        await storage.change(pair.id, 2, EventKind.EDIT, change)
    await storage.change(pair.id, 1, EventKind.EDIT, change)
    await storage.change(pair.id, 2, EventKind.DELETE, delete(pair.ada, at=AT))
    assert await bodies(storage, pair.id) == ["another text", "", "the last message"]


async def test_R18_the_running_server_names_what_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "chat.db"
    storage = await open_storage(f"sqlite:///{path}")
    pair = await make_pair(storage)
    await send(storage, *(pair.draft(f"message {number}!") for number in range(COUNT)))
    await storage.close()
    flip(path, "message 250!")
    monkeypatch.setattr(health, "SCAN_AFTER", 0)
    monkeypatch.setattr(health, "SCAN_PAUSE", 0)
    storage = await open_storage(f"sqlite:///{path}")
    async with asyncio.timeout(60):
        while "1 messages are damaged, all others are whole" not in caplog.text:  # noqa: ASYNC110 - a log tells no event
            await asyncio.sleep(0.02)
    assert f"message 251 of conversation {pair.id} is damaged" in caplog.text
    await storage.close()


async def with_a_damaged_page(path: Path) -> tuple[Storage, Pair, Pair]:
    """A database whose page with message 200 cannot be read, and two pairs of users."""
    storage = await open_storage(f"sqlite:///{path}")
    pair, others = await make_pair(storage), await make_pair(storage)
    await send(storage, *(pair.draft(f"message {number}!" * 10) for number in range(COUNT)))
    await send(storage, others.draft("hello"))
    await storage.close()
    content = bytearray(path.read_bytes())
    begin = content.index(b"message 200!message 200!") // PAGE * PAGE
    content[begin : begin + 200] = bytes(range(200))
    path.write_bytes(content)
    return await open_storage(f"sqlite:///{path}"), pair, others


async def test_R18_a_damaged_page_costs_the_messages_on_it_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "CHECK_AT_ONCE", 0)
    storage, pair, others = await with_a_damaged_page(tmp_path / "chat.db")
    shown: list[str] = []
    while len(shown) < COUNT:
        page = await storage.log(pair.ada, after=len(shown), limit=500)
        assert page.events
        shown += [event.payload.content.body for event in page.events]  # type: ignore[union-attr]
    lost = [number for number, text in enumerate(shown) if text == DAMAGED]
    assert 200 in lost
    assert len(lost) < 40
    assert all(
        text == f"message {number}!" * 10 for number, text in enumerate(shown) if number not in lost
    )
    texts = await bodies(storage, pair.id)
    assert [number for number, text in enumerate(texts) if text == DAMAGED] == lost
    assert await bodies(storage, others.id) == ["hello"]
    await storage.close()


@pytest.mark.parametrize("limit", [7, 150])
async def test_R18_clients_that_see_no_deletions_read_around_a_damaged_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(health, "CHECK_AT_ONCE", 0)
    storage, pair, _ = await with_a_damaged_page(tmp_path / "chat.db")
    seen: list[Message] = []
    before: int | None = None
    while page := await storage.undeleted(pair.id, before=before, limit=limit):
        assert len(page) == min(limit, COUNT - len(seen))
        seen += reversed(page)
        before = page[0].seq
    assert [each.seq for each in seen] == list(range(COUNT, 0, -1))
    lost = [each.seq for each in seen if each.body == DAMAGED]
    assert 201 in lost
    assert len(lost) < 40
    await storage.close()


async def test_R18_a_forward_page_over_damage_has_the_requested_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "CHECK_AT_ONCE", 0)
    storage, pair, _ = await with_a_damaged_page(tmp_path / "chat.db")
    page = await storage.history(pair.id, after=150, limit=200)
    assert [each.seq for each in page] == list(range(151, 351))
    await storage.close()


async def test_R13_a_scan_reads_large_messages_a_few_at_a_time(tmp_path: Path) -> None:
    """A thread that decodes much at once makes all other threads wait."""
    path = tmp_path / "chat.db"
    storage = await open_storage(f"sqlite:///{path}")
    pair = await make_pair(storage)
    await send(storage, *(pair.draft("x" * 60_000) for _ in range(30)))
    await storage.close()
    lengths: list[int] = []

    class Row(sqlite3.Row):
        def __getitem__(self, index: Any) -> Any:
            found = super().__getitem__(index)
            lengths.append(len(found) if isinstance(found, bytes) else 0)
            return found

    driver = sqlite3.connect(path)
    driver.row_factory = Row
    assert [each for span in scan(driver) for each in span] == []
    driver.close()
    assert 60_000 < max(lengths) < 400_000


async def test_R18_a_scan_leaves_out_messages_that_are_stored_after_its_start(
    damaged: tuple[Storage, Pair], tmp_path: Path
) -> None:
    storage, pair = damaged
    driver = sqlite3.connect(tmp_path / "chat.db", isolation_level=None)
    spans = scan(driver)
    await send(storage, pair.draft("a later message"))
    driver.execute("UPDATE message SET checksum = 0")
    assert len([each for span in spans for each in span]) == 3
    assert len([each for span in scan(driver) for each in span]) == 4
    driver.close()
