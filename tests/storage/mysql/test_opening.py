"""R5, R10, R19: requirements of a MariaDB database, and opening it."""

import asyncio
import socket
from collections.abc import Mapping

import pytest
from sqlalchemy import Constraint, Index

from backchannel.storage import CannotOpen
from backchannel.storage.opening import examine, migrate, open_storage
from backchannel.storage.sql.migrations import SCHEMA_VERSION
from backchannel.storage.sql.mysql import claim, driver, index, migrating
from backchannel.storage.sql.mysql.address import address_of
from backchannel.storage.sql.mysql.migrating import BASELINE, run_steps
from backchannel.storage.sql.mysql.products import product_of, require_settings, require_version
from backchannel.storage.sql.schema import metadata
from backchannel.telemetry.failures import CHECK
from tests.storage.people import make_pair
from tests.support.mariadb import connected, empty_database

pytestmark = pytest.mark.service

COLUMNS = """
SELECT table_name, column_name, is_nullable = 'YES' FROM information_schema.columns
WHERE table_schema = database() AND table_name NOT IN ('alembic_version', 'migration')
AND table_name NOT IN (SELECT table_name FROM information_schema.views)
"""
COLLATIONS = """
SELECT DISTINCT collation_name FROM information_schema.columns
WHERE table_schema = database() AND collation_name IS NOT NULL
"""
INDEXES = """
SELECT DISTINCT table_name, index_name FROM information_schema.statistics
WHERE table_schema = database() AND index_name <> 'PRIMARY'
"""
SET_VERSION = "UPDATE alembic_version SET version_num = '{}'"
SUITABLE = {
    "innodb_flush_log_at_trx_commit": "1",
    "log_bin": "ON",
    "sync_binlog": "1",
    "innodb_doublewrite": "ON",
    "innodb_flush_method": "fsync",
    "binlog_format": "ROW",
    "max_allowed_packet": "16777216",
}


@pytest.fixture
async def url() -> str:
    return await empty_database()


async def test_R19_migrated_tables_match_the_metadata(url: str) -> None:
    await migrate(url)
    driver = await connected(url)
    tables = [*metadata.tables.values(), *index.metadata.tables.values()]
    assert {(name, column, bool(null)) for name, column, null in await driver.fetch(COLUMNS)} == {
        (table.name, column.name, bool(column.nullable))
        for table in tables
        for column in table.columns
    }
    assert {tuple(row) for row in await driver.fetch(INDEXES)} - {
        (table.name, str(each.name))
        for table in tables
        for each in (*table.constraints, *table.indexes)
        if isinstance(each, Constraint | Index)
    } == set()
    assert await driver.fetch(COLLATIONS) == (("utf8mb4_nopad_bin",),)
    driver.terminate()


async def test_R19_an_interrupted_start_is_continued(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = await connected(url)
    monkeypatch.setattr(migrating, "REACHED", "INSERT INTO no_such_table VALUES (1)")
    with pytest.raises(CannotOpen, match="no_such_table"):
        await open_storage(url)
    assert "no tables yet" in await examine(url, production=True)
    monkeypatch.undo()
    storage = await open_storage(url)
    await make_pair(storage)
    await storage.close()
    assert await driver.fetchval("SELECT count(*) FROM instance") == 1
    driver.terminate()


@pytest.mark.parametrize("stop", range(5))
async def test_R19_an_interrupted_migration_is_continued(url: str, stop: int) -> None:
    """Before or after any statement, with its record or without it."""
    await migrate(url)
    driver = await connected(url)
    steps = [
        "CREATE TABLE first_step (number bigint)",
        "ALTER TABLE first_step ADD COLUMN name varchar(9)",
        "INSERT INTO first_step VALUES (1, 'once')",
        "CREATE INDEX ix_first_step ON first_step (number)",
    ]
    with pytest.raises(Exception, match="no_such_table"):
        await run_steps(driver, "0001", [*steps[:stop], "UPDATE no_such_table SET x = 1"])
    if stop < len(steps) and not steps[stop].startswith("INSERT"):
        await driver.execute(steps[stop])  # it was killed before it could record this one
    await run_steps(driver, "0001", steps)
    assert await driver.fetch("SELECT number, name FROM first_step") == ((1, "once"),)
    assert await driver.fetchval("SELECT count(*) FROM migration") == 0
    driver.terminate()


async def test_R19_an_older_schema_is_reported(url: str) -> None:
    await migrate(url)
    driver = await connected(url)
    await driver.execute(SET_VERSION.format(BASELINE))
    driver.terminate()
    assert "older than this program" in await examine(url, production=True)


async def test_R19_an_older_schema_that_servers_use_is_refused(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "CLAIM_SECONDS", 0)
    older = await open_storage(url, serving=True, joined=True)
    session = await connected(url)
    await session.execute(SET_VERSION.format(BASELINE))
    with pytest.raises(CannotOpen, match="servers of an older version use it"):
        await open_storage(url, serving=True, joined=True)
    await session.execute(SET_VERSION.format(SCHEMA_VERSION))
    session.terminate()
    await older.close()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"innodb_flush_log_at_trx_commit": "2"}, "innodb_flush_log_at_trx_commit = 2"),
        ({"sync_binlog": "0"}, "sync_binlog = 0"),
        ({"innodb_doublewrite": "OFF"}, "innodb_doublewrite = OFF"),
        ({"innodb_flush_method": "nosync"}, "innodb_flush_method = nosync"),
    ],
)
def test_R1_production_refuses_what_may_lose_commits(
    changed: Mapping[str, str], message: str
) -> None:
    settings = {**SUITABLE, **changed}
    with pytest.raises(CannotOpen, match=message):
        require_settings(settings, "mysql://db/chat", production=True)
    require_settings(settings, "mysql://db/chat", production=False)


@pytest.mark.parametrize(
    "changed",
    [{"max_allowed_packet": "1048576"}, {"wsrep_on": "ON"}, {"binlog_format": "STATEMENT"}],
)
def test_an_unsuitable_server_is_always_refused(changed: Mapping[str, str]) -> None:
    (name, _), *_ = changed.items()
    require_settings(SUITABLE, "mysql://db/chat", production=True)
    with pytest.raises(CannotOpen, match="Galera" if name == "wsrep_on" else name):
        require_settings({**SUITABLE, **changed}, "mysql://db/chat", production=False)


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("10.11.19-MariaDB-0+deb12u1", "MariaDB 10.11.19"),
        ("5.5.5-10.6.0-MariaDB", "MariaDB 10.6.0"),
        ("8.0.43-0ubuntu0.24.04.1", "MySQL 8.0.43"),
    ],
)
def test_the_product_is_derived_from_the_version_string(version: str, name: str) -> None:
    product = product_of(version)
    assert product.name == name
    require_version(product, "mysql://db/chat")


@pytest.mark.parametrize("version", ["10.5.9-MariaDB", "5.7.44", "8.0.16", "none"])
def test_an_older_server_is_refused(version: str) -> None:
    with pytest.raises(CannotOpen, match="or newer is needed"):
        require_version(product_of(version), "mysql://db/chat")


@pytest.mark.parametrize("query", ["ssl-mode=maybe", "sslmode=x"])
async def test_a_wrong_query_is_refused(query: str) -> None:
    with pytest.raises(CannotOpen, match=query.partition("=")[0]):
        await open_storage(f"mysql://127.0.0.1/x?{query}")


def test_an_address_is_read_from_its_url() -> None:
    address = address_of("mariadb://a%40b:s%2Fe%25@[::1]:3307/ch%20at?ssl_mode=verify_identity")
    assert (address.host, address.port, address.database) == ("::1", 3307, "ch at")
    assert (address.user, address.password) == ("a@b", "s/e%")
    context = address.tls()
    assert context is not None
    assert context.check_hostname


async def test_a_refusal_names_the_url_and_says_what_to_check() -> None:
    with pytest.raises(CannotOpen) as refusal:
        await open_storage("mariadb://ada@127.0.0.1:1/chat")
    assert str(refusal.value).startswith("mariadb://127.0.0.1:1/chat cannot be opened: ")
    assert str(refusal.value).endswith(f"the connection was refused; {CHECK}")


async def test_a_server_that_sends_no_greeting_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(driver, "CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"mariadb://ada@127.0.0.1:{silent.getsockname()[1]}/chat"
        async with asyncio.timeout(60):
            with pytest.raises(CannotOpen, match="no answer; check the host"):
                await open_storage(url)


async def test_a_server_that_sends_no_greeting_occupies_no_connection_of_the_pool(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(driver, "CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = address_of(f"mariadb://ada@127.0.0.1:{silent.getsockname()[1]}/chat?pool_size=3")
        pool = await driver.new_pool(address, product_of("11.8.2-MariaDB"))
        async with asyncio.timeout(60):
            for _ in range(5):  # more than it has connections
                with pytest.raises(TimeoutError):
                    async with pool.acquire():
                        raise AssertionError("no server is there")
            await pool.close()
