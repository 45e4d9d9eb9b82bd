"""R5, R10, R19: what a PostgreSQL database has to be, and what opening it does."""

import asyncio
from importlib.resources import files
from pathlib import Path

import asyncpg
import pytest

from backchannel.storage.errors import CannotOpen
from backchannel.storage.opening import begin_epochs, examine, migrate, open_storage
from backchannel.storage.sql.postgresql import driver, opening
from backchannel.storage.sql.postgresql.index import metadata as index
from backchannel.storage.sql.postgresql.migrating import BASELINE
from backchannel.storage.sql.schema import metadata
from backchannel.storage.sql.versions import SCHEMA_VERSION
from tests.storage.people import make_pair
from tests.support.postgresql import database_for

pytestmark = pytest.mark.service

COLUMNS = """
SELECT table_name, column_name, is_nullable = 'YES' FROM information_schema.columns
WHERE table_schema = 'public' AND table_name <> 'alembic_version'
"""
UNIQUE = """
SELECT conname FROM pg_constraint WHERE contype = 'u' AND connamespace = 'public'::regnamespace
"""


@pytest.fixture
async def url(tmp_path: Path) -> str:
    return await database_for(tmp_path)


async def test_R19_the_tables_are_those_that_the_statements_know(url: str) -> None:
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


async def test_R19_programs_that_start_at_once_make_the_tables_once(url: str) -> None:
    connection = await asyncpg.connect(url.partition("?")[0])
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    storages = await asyncio.gather(*(open_storage(url) for _ in range(3)))
    assert await connection.fetchval("SELECT version_num FROM alembic_version") == SCHEMA_VERSION
    for storage in storages:
        await storage.close()
    await connection.close()


async def test_R5_a_restored_database_has_new_epochs(url: str) -> None:
    storage = await open_storage(url)
    pair = await make_pair(storage)
    before = (await storage.heads([pair.ada]))[pair.ada].epoch
    await storage.close()
    storage = await open_storage(url)
    assert (await storage.heads([pair.ada]))[pair.ada].epoch == before
    await storage.close()
    connection = await asyncpg.connect(url.partition("?")[0])
    # As pg_dump and pg_restore do it: the same rows, in another table.
    await connection.execute(
        "CREATE TABLE copy (LIKE log_head INCLUDING ALL); INSERT INTO copy SELECT * FROM log_head;"
        "DROP TABLE log_head; ALTER TABLE copy RENAME TO log_head"
    )
    await connection.close()
    storage = await open_storage(url)
    assert (await storage.heads([pair.ada]))[pair.ada].epoch != before
    await storage.close()


async def test_R5_the_operator_says_that_files_were_put_back(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "CLAIM_SECONDS", 0.3)
    storage = await open_storage(url, serving=True)
    pair = await make_pair(storage)
    before = (await storage.heads([pair.ada]))[pair.ada].epoch
    with pytest.raises(CannotOpen, match="in use by another server"):
        await begin_epochs(url)
    await storage.close()
    assert await begin_epochs(url) == 2
    storage = await open_storage(url)
    assert (await storage.heads([pair.ada]))[pair.ada].epoch != before
    await storage.close()


async def test_R19_a_newer_schema_is_refused(url: str) -> None:
    connection = await asyncpg.connect(url.partition("?")[0])
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CannotOpen, match="written by a newer version"):
        await open_storage(url)
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


async def test_one_server_at_a_time(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "CLAIM_SECONDS", 0.3)
    serving = await open_storage(url, serving=True)
    with pytest.raises(CannotOpen, match="in use by another server"):
        await open_storage(url, serving=True)
    with pytest.raises(CannotOpen, match="in use by another server"):
        await migrate(url)
    beside = await open_storage(url)
    await beside.check()
    await beside.close()
    await serving.close()
    await migrate(url)
    assert SCHEMA_VERSION in await examine(url, production=True)


async def test_R1_production_refuses_a_server_that_may_lose_commits(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(driver.SESSION, "synchronous_commit", "off")
    with pytest.raises(CannotOpen, match="synchronous_commit = off"):
        await open_storage(url, production=True)
    storage = await open_storage(url)
    await storage.close()


async def test_another_programs_database_is_left_alone(url: str) -> None:
    connection = await asyncpg.connect(url.partition("?")[0])
    await connection.execute("DROP TABLE log_head")
    with pytest.raises(CannotOpen, match="another program"):
        await open_storage(url)
    await connection.close()


@pytest.mark.parametrize("size", ["1", "many", "100000"])
async def test_a_pool_size_that_is_none_is_refused(size: str) -> None:
    with pytest.raises(CannotOpen, match="pool_size"):
        await open_storage(f"postgresql://127.0.0.1/x?pool_size={size}")


async def test_a_password_is_not_shown() -> None:
    with pytest.raises(CannotOpen) as refusal:
        await open_storage("postgresql://ada:secret@127.0.0.1:1/chat")
    assert "secret" not in str(refusal.value)
    assert "127.0.0.1:1/chat" in str(refusal.value)


@pytest.mark.parametrize("password", ["hunter/2canary", "12/canary", "a#canary", "1?canary"])
async def test_S6_a_password_that_is_not_escaped_is_not_shown(password: str) -> None:
    for operation in (open_storage, migrate):
        with pytest.raises(CannotOpen, match="escape the password") as refusal:
            await operation(f"postgresql://ada:{password}@db.invalid/chat")
        assert "canary" not in str(refusal.value)
