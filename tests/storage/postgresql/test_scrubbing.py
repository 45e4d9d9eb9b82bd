"""S22: an erasure is complete once no snapshot can see the erased rows."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from backchannel.domain.errors import Unavailable
from backchannel.ports.storage import Storage
from backchannel.storage.opening import open_storage
from backchannel.storage.sql.postgresql import driver
from backchannel.storage.sql.postgresql import storage as storages
from backchannel.storage.sql.postgresql.index import LOCK
from tests.storage.erasure_steps import erase
from tests.storage.people import make_pair, send
from tests.support.postgresql import database_for

pytestmark = pytest.mark.service


@pytest.fixture
async def url(tmp_path: Path) -> str:
    return await database_for(tmp_path)


@pytest.fixture
async def other(url: str) -> AsyncIterator[Any]:
    """A connection of another program."""
    connection = await asyncpg.connect(url.partition("?")[0])
    yield connection
    await connection.close()


async def erased(url: str) -> Storage:
    """A database with an erasure of which only the scrub is left."""
    storage = await open_storage(url)
    pair = await make_pair(storage)
    await send(storage, pair.draft("canary"))
    await erase(storage, pair.ada)
    return storage


async def test_S22_a_scrub_is_refused_while_an_older_snapshot_sees_the_text(
    url: str, other: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = await open_storage(url)
    pair = await make_pair(storage)
    await send(storage, pair.draft("canary"))
    reading = other.transaction(isolation="repeatable_read")
    await reading.start()
    seen = "SELECT count(*) FROM message WHERE body = 'canary'"
    assert await other.fetchval(seen) == 1
    await erase(storage, pair.ada)
    monkeypatch.setattr(storages, "HORIZON_SECONDS", 0.3)
    with pytest.raises(Unavailable, match="still sees what was erased"):
        await storage.scrub()
    assert await other.fetchval(seen) == 1
    await reading.rollback()
    monkeypatch.undo()
    await storage.scrub()
    await storage.close()


async def test_S22_a_scrub_is_refused_while_another_process_indexes(
    url: str, other: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await erased(url)).close()
    monkeypatch.setitem(driver.SESSION, "lock_timeout", "300ms")
    storage = await open_storage(url)
    await other.execute("SELECT pg_advisory_lock($1)", LOCK)
    with pytest.raises(Unavailable):
        await storage.scrub()
    await other.execute("SELECT pg_advisory_unlock($1)", LOCK)
    await storage.close()
    monkeypatch.undo()
    storage = await open_storage(url)
    await storage.scrub()
    assert await other.fetchval("SELECT count(*) FROM search_pending") == 0
    await storage.close()


async def test_S22_a_scrub_leaves_no_dead_rows(url: str, other: Any) -> None:
    await other.execute("CREATE EXTENSION IF NOT EXISTS pgstattuple")
    storage = await erased(url)
    await storage.scrub()
    await storage.close()
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    for (table,) in await other.fetch(tables):
        if table != "alembic_version":
            dead = await other.fetchval("SELECT dead_tuple_count FROM pgstattuple($1)", table)
            assert dead == 0, table
