"""Servers as administrators configure them: missing rights, few connections, odd settings."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import asyncpg
import pytest

from backchannel.domain.errors import UsernameTaken
from backchannel.storage import CannotOpen
from backchannel.storage.opening import begin_epochs, examine, migrate, open_storage
from tests.storage.people import AT, bodies, make_account, make_pair, send
from tests.support import mariadb, postgresql

pytestmark = [pytest.mark.service, pytest.mark.slow]

CONNECTIONS = 4
TEXT = "it's \\ 100 % \"quoted\" \\' `x` é 👍🏽 "


@dataclass(frozen=True)
class Kind:
    """A kind of server, and the statements by which its administrator changes it."""

    scheme: str
    administrator: str
    home: str
    """The database that is always there."""
    few: tuple[str, ...]
    """Make the database `few` and a user of that name, who gets few connections."""
    reader: tuple[str, ...]
    """In the database `kept`, make a user who may only read."""
    stranger: tuple[str, ...]
    """Make the database `strange` and a user who may do nothing there."""
    guest: tuple[str, ...]
    """Make the database `extended` and a user who may do everything there."""
    odd: tuple[str, ...]
    """Make the database `odd`, with settings unlike the defaults."""
    frozen: tuple[str, ...]
    """Make the database `kept` read-only for the user `owner`."""
    thawed: str
    """Undo that."""


KINDS = {
    "postgresql": Kind(
        scheme="postgresql",
        administrator="tester",
        home="postgres",
        few=(
            f"CREATE ROLE few LOGIN CONNECTION LIMIT {CONNECTIONS}",
            "CREATE DATABASE few OWNER few",
        ),
        reader=(
            "CREATE ROLE reader LOGIN",
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
        ),
        stranger=("CREATE ROLE stranger LOGIN", "CREATE DATABASE strange"),
        guest=("CREATE ROLE guest LOGIN", "CREATE DATABASE extended OWNER guest"),
        odd=(
            "CREATE DATABASE odd",
            *(
                f"ALTER DATABASE odd SET {setting}"
                for setting in (
                    "timezone = 'Asia/Kathmandu'",
                    "datestyle = 'German, DMY'",
                    "client_encoding = 'LATIN1'",
                    "default_transaction_isolation = 'serializable'",
                    "standard_conforming_strings = off",
                    "bytea_output = 'escape'",
                    "search_path = mine, public",
                )
            ),
        ),
        frozen=(
            "CREATE ROLE owner SUPERUSER LOGIN",
            "ALTER DATABASE kept SET default_transaction_read_only = on",
        ),
        thawed="ALTER DATABASE kept RESET ALL",
    ),
    "mariadb": Kind(
        scheme="mariadb",
        administrator="root",
        home="mysql",
        few=(
            "CREATE DATABASE few",
            f"CREATE USER few@'127.0.0.1' WITH MAX_USER_CONNECTIONS {CONNECTIONS}",
            "GRANT ALL ON few.* TO few@'127.0.0.1'",
        ),
        reader=("CREATE USER reader@'127.0.0.1'", "GRANT SELECT ON kept.* TO reader@'127.0.0.1'"),
        stranger=("CREATE USER stranger@'127.0.0.1'", "CREATE DATABASE strange"),
        guest=(
            "CREATE USER guest@'127.0.0.1'",
            "CREATE DATABASE extended",
            "GRANT ALL ON extended.* TO guest@'127.0.0.1'",
        ),
        odd=(
            "CREATE DATABASE odd CHARACTER SET latin1 COLLATE latin1_swedish_ci",
            *(
                f"SET GLOBAL {setting}"
                for setting in (
                    "sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH'",
                    "character_set_server = latin1",
                    "time_zone = '+05:45'",
                    "tx_isolation = 'READ-UNCOMMITTED'",
                    "autocommit = 0",
                    "completion_type = 'CHAIN'",
                    "default_storage_engine = MyISAM",
                    "foreign_key_checks = 0",
                    "wait_timeout = 1",
                    "max_statement_time = 0.5",
                    "sql_select_limit = 1",
                    "sql_safe_updates = 1",
                    "lc_messages = 'de_DE'",
                )
            ),
        ),
        frozen=(
            "CREATE USER owner@'127.0.0.1'",
            "GRANT ALL ON kept.* TO owner@'127.0.0.1'",
            "SET GLOBAL read_only = 1",
        ),
        thawed="SET GLOBAL read_only = 0",
    ),
}


@dataclass(frozen=True)
class Administered:
    kind: Kind
    port: int

    def url(self, database: str, user: str | None = None) -> str:
        return (
            f"{self.kind.scheme}://{user or self.kind.administrator}@127.0.0.1:{self.port}"
            f"/{database}"
        )

    async def change(self, *statements: str, database: str | None = None) -> None:
        """Execute statements as the administrator."""
        url = self.url(database or self.kind.home)
        if self.kind.scheme == "postgresql":
            session = await asyncpg.connect(url)
            for statement in statements:
                await session.execute(statement)
            await session.close()
            return
        driver = await mariadb.connected(url)
        for statement in statements:
            await driver.execute(statement)
        driver.terminate()


@pytest.fixture(params=KINDS, scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Administered]:
    """One server for all tests here; each test uses its own databases and users."""
    programs = {"postgresql": postgresql, "mariadb": mariadb}[request.param]
    if programs.binaries() is None:
        pytest.skip(f"no programs of {request.param} are installed")
    with programs.instance() as running:
        yield Administered(KINDS[request.param], running.port)


async def refusal(url: str) -> str:
    """The refusal, which must be the same line for each way of opening."""
    with pytest.raises(CannotOpen) as opened:
        await open_storage(url, serving=True)
    with pytest.raises(CannotOpen):
        await begin_epochs(url)
    text = str(opened.value)
    assert "\n" not in text
    return text


async def test_a_small_connection_limit_is_shared(
    server: Administered, caplog: pytest.LogCaptureFixture
) -> None:
    await server.change(*server.kind.few)
    url = server.url("few", "few")
    storage = await open_storage(url, serving=True)
    pair = await make_pair(storage)
    with caplog.at_level(logging.WARNING, logger="backchannel.storage"):
        await asyncio.gather(
            *(send(storage, pair.draft(f"{n}")) for n in range(30)),
            *(storage.history(pair.id, limit=1) for _ in range(30)),
        )
    assert len(await bodies(storage, pair.id)) == 30
    await storage.close()
    (line,) = (each.getMessage() for each in caplog.records)
    assert line.startswith("the database allows no more connections (")
    assert "pool_size" in line


async def test_a_user_who_may_not_write_is_refused(server: Administered) -> None:
    await server.change("CREATE DATABASE kept")
    await migrate(server.url("kept"))
    await server.change(*server.kind.reader, database="kept")
    text = await refusal(server.url("kept", "reader"))
    assert "reader" in text
    if server.kind.scheme == "postgresql":
        assert "REASSIGN OWNED BY tester TO reader" in text
    await server.change(*server.kind.frozen)
    text = await refusal(server.url("kept", "owner"))
    assert "read-only" in text
    await server.change(server.kind.thawed)


async def test_a_user_without_rights_is_refused(server: Administered) -> None:
    await server.change(*server.kind.stranger)
    with pytest.raises(CannotOpen, match="denied"):
        await open_storage(server.url("strange", "stranger"), serving=True)
    with pytest.raises(CannotOpen, match=r"does not exist|Unknown database"):
        await examine(server.url("nowhere"), production=True)


async def test_a_foreign_table_neither_blocks_opening_nor_allows_taking_over_a_database(
    server: Administered,
) -> None:
    await server.change(*server.kind.guest)
    url = server.url("extended", "guest")
    await server.change("CREATE TABLE theirs (number bigint)", database="extended")
    text = await refusal(url)
    assert "has tables of another program" in text
    await server.change("DROP TABLE theirs", database="extended")
    await migrate(url)
    await server.change("CREATE TABLE theirs (number bigint)", database="extended")
    storage = await open_storage(url, serving=True)
    await make_pair(storage)
    await storage.close()


async def test_unusual_server_settings_change_nothing(server: Administered) -> None:
    await server.change(*server.kind.odd)
    url = server.url("odd")
    storage = await open_storage(url, serving=True)
    pair = await make_pair(storage)
    await storage.create_user(make_account("ada"))
    with pytest.raises(UsernameTaken):
        await storage.create_user(make_account("ADA"))
    await send(storage, *(pair.draft(f"{TEXT}{n}") for n in range(20)))
    await asyncio.sleep(1.2)  # longer than this server keeps idle connections
    await send(storage, pair.draft(TEXT))
    assert await bodies(storage, pair.id) == [*(f"{TEXT}{n}" for n in range(20)), TEXT]
    (last,) = await storage.history(pair.id, limit=1)
    assert last.created_at == AT
    await storage.close()
    if server.kind.home == "mysql":
        driver = await mariadb.connected(url)
        await driver.execute("SET sql_select_limit = DEFAULT, max_statement_time = 0")
        engines = await driver.fetch(
            "SELECT DISTINCT engine FROM information_schema.tables WHERE table_schema = 'odd'"
            " AND table_type = 'BASE TABLE' LIMIT 9"
        )
        driver.terminate()
        assert [tuple(each) for each in engines] == [("InnoDB",)]
