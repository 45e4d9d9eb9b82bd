"""R5, R10, R19: requirements of a PostgreSQL database, and opening it."""

from importlib.resources import files
from pathlib import Path

import asyncpg
import pytest

from backchannel.storage import CannotOpen
from backchannel.storage.opening import examine, migrate, open_storage
from backchannel.storage.sql.migrations import SCHEMA_VERSION
from backchannel.storage.sql.postgresql import driver
from backchannel.storage.sql.postgresql.index import metadata as index
from backchannel.storage.sql.postgresql.migrating import BASELINE
from backchannel.storage.sql.schema import metadata
from backchannel.storage.sql.servers import health
from tests.storage.people import make_pair
from tests.storage.servers.conftest import Postgresql
from tests.storage.servers.test_opening import until_given_up
from tests.support.postgresql import database_for

pytestmark = pytest.mark.service

COLUMNS = """
SELECT table_name, column_name, is_nullable = 'YES' FROM information_schema.columns
WHERE table_schema = 'public' AND table_name <> 'alembic_version'
AND table_name NOT IN (SELECT viewname FROM pg_views WHERE schemaname = 'public')
"""
UNIQUE = """
SELECT conname FROM pg_constraint WHERE contype = 'u' AND connamespace = 'public'::regnamespace
"""


@pytest.fixture
async def url(tmp_path: Path) -> str:
    return await database_for(tmp_path)


async def test_R19_migrated_tables_match_the_metadata(url: str) -> None:
    connection = await asyncpg.connect(url.partition("?")[0])
    found = {tuple(row) for row in await connection.fetch(COLUMNS)}
    tables = [*metadata.tables.values(), *index.tables.values()]
    assert found == {
        (table.name, column.name, bool(column.nullable))
        for table in tables
        for column in table.columns
    }
    unique = {row[0] for row in await connection.fetch(UNIQUE)}
    names = {
        str(each.name)
        for table in tables
        for each in table.constraints
        if str(each.name).startswith("uq_")
    }
    assert unique == names
    await connection.close()


async def test_R19_an_older_schema_is_brought_up_to_date(url: str) -> None:
    connection = await asyncpg.connect(url.partition("?")[0])
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    baseline = files("backchannel.storage.sql.postgresql") / "baseline.sql"
    await connection.execute(baseline.read_text())
    assert BASELINE in await examine(url, production=True)
    await migrate(url)
    storage = await open_storage(url)
    await make_pair(storage)
    await storage.close()
    assert await connection.fetchval("SELECT version_num FROM alembic_version") == SCHEMA_VERSION
    await connection.close()


async def test_R5_a_running_server_stops_using_a_database_into_which_a_dump_was_loaded(
    url: str,
) -> None:
    storage = await open_storage(url)
    await make_pair(storage)
    await Postgresql().execute(url, *Postgresql.remake_log_head)
    await until_given_up(storage)
    await storage.close()


async def test_R1_production_refuses_a_server_that_may_lose_commits(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(driver.SESSION, "synchronous_commit", "off")
    with pytest.raises(CannotOpen, match="synchronous_commit = off"):
        await open_storage(url, production=True)
    storage = await open_storage(url)
    await storage.close()


async def test_R5_a_server_stops_using_a_restored_database_that_another_has_opened(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "INTERVAL", 1.0)
    first = await open_storage(url)
    server = Postgresql()
    await server.execute(url, *server.remake_log_head)
    second = await open_storage(url)
    await until_given_up(first)
    await second.check()
    await first.close()
    await second.close()
