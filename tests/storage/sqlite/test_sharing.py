"""Jobs that share a transaction, and statements that share a step."""

import asyncio
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from backchannel.domain.errors import Conflict
from backchannel.domain.messages import Draft
from backchannel.ports.storage import Stored
from backchannel.storage.opening import open_storage
from backchannel.storage.sql.locks import USERS, LockedUser, users_by_id
from backchannel.storage.sql.schema import block
from backchannel.storage.sql.sqlite.connection import StatementCache
from tests.storage.people import AT, bodies, make_pair, whole_log
from tests.support.database import busy

COLUMNS = ("account", "other", "created_at")


async def test_R2_a_batch_repeated_because_of_anothers_failure_is_stored_once(
    tmp_path: Path,
) -> None:
    storage = await open_storage(f"sqlite:///{tmp_path}/chat.db")
    database: Any = storage.database  # type: ignore[attr-defined]
    pair = await make_pair(storage)
    drafts = [pair.draft("one", client_id="k"), pair.draft("one", client_id="k")]
    drafts.append(pair.answer("two"))
    asked = 0

    def gather() -> tuple[Sequence[Draft], int]:
        nonlocal asked
        asked += 1
        return drafts, AT

    async def half(connection: Any) -> None:
        await connection.insert(block, COLUMNS, [(91, 92, 1), (93, 94, 1), (91, 92, 1)])

    async def count(connection: Any) -> list[int]:
        blocks: list[int] = await connection.fetch(select(func.count()).select_from(block), int)
        return blocks

    async with busy(storage):
        stored = asyncio.ensure_future(storage.append_gathered(gather))
        failed = asyncio.ensure_future(database.write(half))
        await asyncio.sleep(0)
    outcomes = await stored
    with pytest.raises(Conflict):
        await failed
    assert asked > 2, "the two have not shared a transaction"
    assert [isinstance(each, Stored) and each.repeated for each in outcomes] == [False, True, False]
    assert await bodies(storage, pair.id) == ["one", "two"]
    assert [event.position for event in await whole_log(storage, pair.ada)] == [1, 2]
    # Nothing is left of the failed insertion.
    assert await database.read(count) == [0]
    await storage.close()


def test_decoders_are_created_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads that make a Struct's first decoder at the same time crash the process."""
    really: Any = msgspec.json.Decoder
    made, at_once = threading.Semaphore(1), list[bool]()

    def make(expected: Any) -> Any:
        alone = made.acquire(blocking=False)
        at_once.append(not alone)
        time.sleep(0.01)
        if alone:
            made.release()
        return really(expected)

    monkeypatch.setattr(msgspec.json, "Decoder", make)
    statements, start = StatementCache(), threading.Barrier(8)

    def ask(limit: int) -> None:
        start.wait(60)
        statements.query(USERS.limit(limit), LockedUser)

    threads = [threading.Thread(target=ask, args=[limit]) for limit in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert at_once == [False] * 8


def test_combined_queries_need_distinct_parameter_names() -> None:
    users = users_by_id(["ada"])
    with pytest.raises(ValueError, match="user_ids"):
        StatementCache().combined((users, users))
