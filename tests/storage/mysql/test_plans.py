"""R13: no page reads a whole table, and no statement locks rows that it does not change."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Delete, SelectBase, Update

from backchannel.storage.opening import open_storage
from backchannel.storage.sql import (
    accounts,
    attachments,
    batch,
    erased_messages,
    files,
    invitations,
    locked_conversations,
    locks,
    log,
    log_writer,
    logins,
    marks,
    messages,
    page_queries,
    receipts,
    sessions,
    settings,
)
from backchannel.storage.sql.mysql.database import LOCK_IN_ORDER
from backchannel.storage.sql.mysql.driver import Driver
from backchannel.storage.sql.mysql.index import INDEX
from backchannel.storage.sql.mysql.products import product_of
from backchannel.storage.sql.mysql.statements import Dialect, Statement
from backchannel.storage.sql.schema import metadata
from tests.storage.people import make_pair, send
from tests.support.mariadb import connected, database_for

pytestmark = pytest.mark.service

PAGE: dict[str, object] = {"conversation_id": "x", "after": 0, "before": 9, "limit": 9}
PLACES = {"place": 1, "first_seq": 1, "last_seq": 9}
LOGGED = page_queries.logged_query(in_steps=False)
STATEMENTS: dict[str, tuple[SelectBase | Delete | Update, dict[str, object]]] = {
    "newest": (messages.NEWEST_FIRST.text(in_steps=False), PAGE),
    "next": (messages.NEXT.text(in_steps=False), PAGE),
    "newest with files": (messages.NEWEST_WITH_FILES.text(in_steps=False), PAGE),
    "next with files": (messages.NEXT_WITH_FILES.text(in_steps=False), PAGE),
    "one message": (messages.MESSAGE_BY_ID, {"message_id": "x"}),
    "log": (log.ROWS, {"account": 1, "after": 0, "limit": 9}),
    "logged": (LOGGED, {"account": 1, "after": 0, "last": 9, "limit": 9}),
    "originals": (batch.ORIGINALS, {"sent": [("x", "y")]}),
    "parties": (locks.USERS, {"user_ids": ["x"]}),
    "members": (locks.MEMBERS, {"members_of": ["x"]}),
    "locks": (LOCK_IN_ORDER, {"locked": [(1,), (2,)]}),
    "places": (locked_conversations.LOCKED, {"conversation_ids": ["x"]}),
    "owners": (attachments.OWNERS, {"file_ids": ["x"]}),
    "readable": (files.READABLE, {"file_id": "x", "user_id": "y"}),
    "markers": (marks.MARKS_BY_NAME, {"named": [("x", "y")]}),
    "newly read": (receipts.NEWLY_READ, {"read": [(1, 1, 0, 9)]}),
    "received": (receipts.RECEIVED, {"ranges": [(1, 0, 9)]}),
    "found": (
        INDEX.candidates,
        {"match": [(1,) * 8], "account": 1, "place": None, "before": 2**62, "page": 200},
    ),
    "moved places": (batch.UPDATE_CONVERSATIONS, {"moved": [(1, 1, 1, 1, 1), (2, 1, 1, 1, 1)]}),
    "moved heads": (log_writer.MOVE_HEADS, {"moved": [(1, 1), (2, 1)]}),
    "moved marks": (marks.MOVE_MARKS, {"marks": [(1,) * 7, (2,) * 7]}),
    "moved logins": (receipts.MOVE_LOGINS, {"devices": [("x", "y", 1)]}),
    "moved delivered": (receipts.MOVE_DELIVERED, {"delivered": [(1, 1, 1)]}),
    "last seen": (accounts.SET_LAST_SEEN, {"seen": [("x", 1)]}),
    "settings": (settings.SET_SETTINGS, {"changed": [(1, 1, "{}")]}),
    "retracted": (erased_messages.RETRACT, {**PLACES, "retracted": [(1, "x", 1, 1)]}),
    "reacted": (erased_messages.REACT, {**PLACES, "reacted": [(1, "x", 1)]}),
    "settled questions": (sessions.SETTLE, {"settled": [(1, 1), (2, 2)]}),
    "deleted files": (files.MARK_DELETED, {"file_ids": ["x", "y"], "at": 1}),
    "forgotten files": (files.FORGET_FILES, {"file_ids": ["x", "y"]}),
    "ended logins": (logins.END, {"login_ids": ["x", "y"], "at": 1}),
    "expired invitations": (invitations.EXPIRED, {"at": 1}),
}
LENGTH = 20
MIDDLE: dict[str, object] = {"conversation_id": "", "after": 0, "before": 1_500, "limit": LENGTH}
PAGES_IN_THE_MIDDLE: dict[str, tuple[SelectBase, dict[str, object]]] = {
    "newest": (messages.NEWEST_FIRST.text(in_steps=False), MIDDLE),
    "next": (messages.NEXT.text(in_steps=False), {**MIDDLE, "after": 1_500, "before": 2**62}),
    "logged": (LOGGED, {"after": 1_500, "last": 1_500 + LENGTH, "limit": LENGTH}),
}
RANGES: dict[str, tuple[SelectBase, str]] = {
    "received": (receipts.RECEIVED, "SELECT max(account), 1500, 1520 FROM log"),
    "newly read": (receipts.NEWLY_READ, "SELECT 0, max(number), 1500, 1520 FROM conversation"),
}
FOR_LOCKS = (
    "locks",
    "moved places",
    "moved heads",
    "moved marks",
    "moved logins",
    "moved delivered",
    "last seen",
    "settings",
    "retracted",
    "reacted",
    "settled questions",
    "deleted files",
    "forgotten files",
    "ended logins",
)
"""These lock the rows they read, so they may not read others, however small a table is."""
BY_NAME = {"next": "message", "entry": "log", "mine": "member", "theirs": "member"}
WHOLE = {"ALL", "index"}
"""The ways to read that look at each row of a table or of an index."""
NUMBERS = "CREATE TEMPORARY TABLE s AS SELECT seq AS n FROM seq_1_to_3000"
USERS = """
INSERT INTO account (id, username, username_key, display_name, search_key, password_hash,
    created_at, updated_at)
SELECT n, n, concat('key', n), n, n, '', n, n FROM s
"""
HEADS = (
    "INSERT INTO log_head (account, epoch) SELECT number, '' FROM account WHERE updated_at < 9999"
)
CONVERSATIONS = """
INSERT INTO conversation (id, kind, first, first_id, second, second_id, created_at, updated_at)
SELECT n, 'direct', 1000000 + n, n, 1000001 + n, n + 1, n, n FROM s
"""
MEMBERS = (
    "INSERT INTO member (account, conversation) SELECT first, 1000000 + number FROM conversation"
)
MESSAGES = """
INSERT INTO message (conversation, seq, id, sender, client_id, kind, body, created_at)
SELECT 1000000 + n DIV 30, n, n, n DIV 60, n, 'text', 'body', n FROM s
"""
ENTRIES = """
INSERT INTO log (account, position, kind, conversation, seq, at)
SELECT 1000000 + n DIV 30, n, 1, n DIV 30, n, n FROM s
"""
LARGE = ("account", "conversation", "log", "log_head", "member", "message", "search_entry")


async def plans_of(driver: Driver, names: Iterable[str]) -> dict[str, list[Sequence[Any]]]:
    """The plans of statements, in a connection with the settings of the storage."""
    product = product_of(await driver.fetchval("SELECT version()"))
    await driver.execute(product.session)
    dialect = Dialect(product.collation)
    found: dict[str, list[Sequence[Any]]] = {}
    for name in names:
        statement, parameters = STATEMENTS[name]
        text = Statement(statement, dialect).bound(parameters)
        found[name] = list(await driver.fetch(f"EXPLAIN {text}"))
    return found


def scans(plan: Iterable[Sequence[Any]]) -> set[str]:
    """The tables of which a plan reads all rows."""
    return {BY_NAME.get(row[2], row[2]) for row in plan if row[3] in WHOLE}


async def test_R13_a_page_scans_no_large_table(tmp_path: Path) -> None:
    url = await database_for(tmp_path)
    storage = await open_storage(url)
    pair = await make_pair(storage)
    await send(storage, *(pair.draft(f"text {number}") for number in range(300)))
    await storage.scrub()
    await storage.close()
    driver = await connected(url)
    for rows in (NUMBERS, USERS, HEADS, CONVERSATIONS, MEMBERS, MESSAGES, ENTRIES):
        await driver.execute(rows)
    for table in LARGE:
        await driver.fetch(f"ANALYZE TABLE {table}")
    plans = await plans_of(driver, STATEMENTS)
    driver.terminate()
    bad = {name: plan for name, plan in plans.items() if scans(plan) & set(LARGE)}
    assert bad == {}


async def test_statements_lock_only_rows_they_change(tmp_path: Path) -> None:
    url = await database_for(tmp_path)
    storage = await open_storage(url)
    pair = await make_pair(storage)
    await send(storage, pair.draft("text"))
    await storage.close()
    driver = await connected(url)
    plans = await plans_of(driver, FOR_LOCKS)
    driver.terminate()
    bad = {name: plan for name, plan in plans.items() if scans(plan) & metadata.tables.keys()}
    assert bad == {}


@pytest.mark.parametrize("name", PAGES_IN_THE_MIDDLE)
async def test_R13_a_page_reads_little_more_than_itself(tmp_path: Path, name: str) -> None:
    url = await database_for(tmp_path)
    storage = await open_storage(url)
    pair = await make_pair(storage)
    for _ in range(3):
        await send(storage, *(pair.draft(f"text {number}") for number in range(1_000)))
    await storage.close()
    driver = await connected(url)
    product = product_of(await driver.fetchval("SELECT version()"))
    await driver.execute(product.session)
    query, parameters = PAGES_IN_THE_MIDDLE[name]
    number = await driver.fetchval("SELECT max(account) FROM log")
    text = Statement(query, Dialect(product.collation)).bound(
        {**parameters, "conversation_id": pair.id, "account": number}
    )
    await driver.execute("FLUSH STATUS")
    assert len(await driver.fetch(text)) == LENGTH
    counts = await driver.fetch("SHOW SESSION STATUS LIKE 'Handler_read%'")
    driver.terminate()
    # The temporary tables of the page are counted as well.
    assert sum(int(count) for _, count in counts) < 20 * LENGTH, counts


@pytest.mark.parametrize("name", RANGES)
async def test_R13_a_receipt_reads_only_the_messages_it_covers(tmp_path: Path, name: str) -> None:
    url = await database_for(tmp_path)
    storage = await open_storage(url)
    pair = await make_pair(storage)
    for _ in range(3):
        await send(storage, *(pair.draft(f"text {number}") for number in range(1_000)))
    await storage.close()
    driver = await connected(url)
    product = product_of(await driver.fetchval("SELECT version()"))
    await driver.execute(product.session)
    query, covered = RANGES[name]
    (row,) = await driver.fetch(covered)
    parameter = "ranges" if name == "received" else "read"
    text = Statement(query, Dialect(product.collation)).bound({parameter: [tuple(row)]})
    plan = {each[2]: each for each in await driver.fetch(f"EXPLAIN {text}")}
    driver.terminate()
    kind, rows = plan["log" if name == "received" else "message"][3::5]
    assert kind == "range"
    assert int(rows) <= LENGTH
