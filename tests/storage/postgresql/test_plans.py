"""R13: no page reads a whole table."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Delete, SelectBase

from backchannel.storage.opening import open_storage
from backchannel.storage.sql import (
    attachments,
    batch,
    files,
    invitations,
    locked_conversations,
    locks,
    log,
    messages,
    page_queries,
)
from backchannel.storage.sql.postgresql.database import BEGIN
from backchannel.storage.sql.postgresql.index import INDEX
from backchannel.storage.sql.postgresql.statements import Statement
from tests.storage.people import make_pair, send
from tests.support.postgresql import database_for

pytestmark = pytest.mark.service

PAGE: dict[str, object] = {"conversation_id": "x", "after": 0, "before": 9, "limit": 9}
LOGGED = page_queries.logged_query(in_steps=False)
QUERIES: dict[str, tuple[SelectBase | Delete, dict[str, object]]] = {
    "newest": (messages.NEWEST_FIRST.text(in_steps=False), PAGE),
    "next": (messages.NEXT.text(in_steps=False), PAGE),
    "one message": (messages.MESSAGE_BY_ID, {"message_id": "x"}),
    "log": (log.ROWS, {"account": 1, "after": 0, "limit": 9}),
    "logged": (LOGGED, {"account": 1, "after": 0, "last": 9, "limit": 9}),
    "originals": (batch.ORIGINALS, {"sent": [("x", "y")]}),
    "users": (locks.USERS, {"user_ids": ["x"]}),
    "members": (locks.MEMBERS, {"members_of": ["x"]}),
    "conversations": (locked_conversations.LOCKED, {"conversation_ids": ["x"]}),
    "owners": (attachments.OWNERS, {"file_ids": ["x"]}),
    "readable": (files.READABLE, {"file_id": "x", "user_id": "y"}),
    "expired invitations": (invitations.EXPIRED, {"at": 1}),
    "found": (
        INDEX.candidates,
        {"match": [-3, 7], "account": 1, "conversation": None, "before": 2**62, "page": 200},
    ),
}
LENGTH = 20
MIDDLE: dict[str, object] = {"conversation_id": "", "after": 0, "before": 2_500, "limit": LENGTH}
PAGES_IN_THE_MIDDLE: dict[str, tuple[SelectBase, dict[str, object]]] = {
    "newest": (messages.NEWEST_FIRST.text(in_steps=False), MIDDLE),
    "next": (messages.NEXT.text(in_steps=False), {**MIDDLE, "after": 2_500, "before": 2**62}),
    "logged": (LOGGED, {"after": 2_500, "last": 2_500 + LENGTH, "limit": LENGTH}),
}
LARGE = ("account", "attachment", "conversation", "file", "invitation", "log", "member", "message")


@pytest.mark.parametrize("name", QUERIES)
async def test_R13_every_page_is_answered_by_an_index(tmp_path: Path, name: str) -> None:
    url = await database_for(tmp_path)
    storage = await open_storage(url)
    pair = await make_pair(storage)
    await send(storage, *(pair.draft(f"text {number}") for number in range(100)))
    await storage.close()
    connection = await asyncpg.connect(url.partition("?")[0])
    # The tables are small, so reading them whole would be cheapest.
    await connection.execute("ANALYZE; SET enable_seqscan = off")
    query, parameters = QUERIES[name]
    text = Statement(query)
    plan: list[Any] = await connection.fetch(f"EXPLAIN {text.text}", *text.bound(parameters))
    await connection.close()
    lines = [row[0] for row in plan]
    scans = [line for line in lines for table in LARGE if f"Seq Scan on {table}" in line]
    assert scans == [], "\n".join(lines)


async def test_R13_a_plan_made_while_tables_were_empty_uses_whole_keys(tmp_path: Path) -> None:
    url = await database_for(tmp_path)
    await (await open_storage(url)).close()
    connection = await asyncpg.connect(url.partition("?")[0])
    await connection.execute(BEGIN)
    await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    text = Statement(batch.ORIGINALS)
    values = text.bound({"sent": [("x", "y")]})
    plan: list[Any] = await connection.fetch(f"EXPLAIN {text.text}", *values)
    await connection.close()
    lines = [row[0] for row in plan]
    assert any("(sender = " in line and "(client_id = " in line for line in lines), lines


@pytest.mark.parametrize("analyzed", [False, True])
@pytest.mark.parametrize("name", PAGES_IN_THE_MIDDLE)
async def test_R13_a_page_reads_little_more_than_itself(
    tmp_path: Path, name: str, *, analyzed: bool
) -> None:
    url = await database_for(tmp_path)
    storage = await open_storage(url)
    pair = await make_pair(storage)
    for _ in range(5):
        await send(storage, *(pair.draft(f"text {number}") for number in range(1_000)))
    await storage.close()
    connection = await asyncpg.connect(url.partition("?")[0])
    if analyzed:
        await connection.execute("ANALYZE")
    query, parameters = PAGES_IN_THE_MIDDLE[name]
    text = Statement(query)
    number = await connection.fetchval("SELECT number FROM account WHERE id = $1", pair.ada)
    values = text.bound({**parameters, "conversation_id": pair.id, "account": number})
    explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {text.text}"
    plan: Any = json.loads(await connection.fetchval(explained, *values))
    await connection.close()
    read = sum(_rows(plan[0]["Plan"], of={"log", "message"}))
    assert LENGTH <= read < 4 * LENGTH, plan


def _rows(plan: dict[str, Any], *, of: set[str]) -> Iterator[int]:
    """The rows that the nodes of a plan read from tables, also those that they discard."""
    if plan.get("Relation Name") in of:
        discarded = plan.get("Rows Removed by Filter", 0)
        yield (plan["Actual Rows"] + discarded) * plan["Actual Loops"]
    for each in plan.get("Plans", ()):
        yield from _rows(each, of=of)
