"""R19: a database of the first schema of its engine is migrated with its data."""

from importlib.resources import files
from typing import Any

import asyncpg
import pytest

from backchannel.ports.storage import Storage
from backchannel.storage import CannotOpen
from backchannel.storage.opening import migrate, open_storage
from backchannel.storage.sql.migrations import SCHEMA_VERSION
from backchannel.storage.sql.mysql import driver as mysql
from backchannel.storage.sql.mysql.migrating import BASELINE as FIRST_ON_MARIADB
from backchannel.storage.sql.mysql.migrating import REACHED, _statements
from backchannel.storage.sql.schema import metadata
from tests.storage.servers.conftest import DatabaseServer, Mariadb, Postgresql
from tests.storage.test_concurrency import require_consistent
from tests.storage.test_transfer import fill_with_every_kind
from tests.support import mariadb

pytestmark = [pytest.mark.service, pytest.mark.slow]

VERSION = "SELECT version_num FROM alembic_version"
COLUMNS = """
SELECT {join}(column_name{separator}) FROM information_schema.columns
WHERE table_name = '{table}' AND table_schema = '{schema}'
"""


async def columns(server: DatabaseServer, url: str, table: str, schema: str) -> set[str]:
    postgres = isinstance(server, Postgresql)
    join, separator = ("string_agg", ", ','") if postgres else ("group_concat", "")
    query = COLUMNS.format(join=join, separator=separator, table=table, schema=schema)
    return set((await server.value(url, query) or "").split(",")) - {""}


async def take_back(server: DatabaseServer, url: str) -> str:
    """The URL of a database of the first schema with the rows of this one."""
    if isinstance(server, Mariadb):
        older_url = await mariadb.empty_database()
        newer, older = (each.rpartition("/")[2].partition("?")[0] for each in (url, older_url))
        baseline = files("backchannel.storage.sql.mysql") / "baseline.sql"
        made = [*_statements(baseline.read_text()), REACHED]
    else:
        older_url, newer, older = url, "newer", "public"
        baseline = files("backchannel.storage.sql.postgresql") / "baseline.sql"
        renamed = "ALTER SCHEMA public RENAME TO newer", "CREATE SCHEMA public"
        made = [*renamed, baseline.read_text()]
    await server.execute(older_url, *made)
    for table in metadata.tables:
        if table == "instance":  # the baseline has its row
            continue
        both = await columns(server, older_url, table, older)
        both &= await columns(server, older_url, table, newer)
        if both:
            quote = "`" if isinstance(server, Mariadb) else '"'
            names = ", ".join(f"{quote}{each}{quote}" for each in sorted(both))
            copy = f"INSERT INTO {older}.{table} ({names}) SELECT {names} FROM {newer}.{table}"  # noqa: S608
            await server.execute(older_url, copy)
            if isinstance(server, Postgresql) and "number" in both:
                await server.execute(
                    older_url,
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'number'),"  # noqa: S608
                    f" (SELECT max(number) FROM {table}))",
                )
    return older_url


async def seen(storage: Storage, user_id: str) -> dict[str, Any]:
    """All data of a user that the first version had."""
    views = await storage.conversations(user_id, before=None, limit=100)
    account = await storage.account(user_id)
    return {
        "username": account and account.user.username,
        "messages": {each.id: await storage.history(each.id, limit=1_000) for each in views},
        "log": (await storage.log(user_id, after=0, limit=100_000)).events,
        "logins": [each.id for each in await storage.logins(user_id, ended=True)],
        "blocked": await storage.blocked(user_id),
    }


class Killed(Exception):
    """The process has ended, as far as the database knows."""


def kill_after_each_statement(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Make every statement end the program that executes it for the first time.

    Returns the statements so far.
    """
    killed: set[str] = set()
    for kind in (mysql.Driver, asyncpg.Connection):

        async def execute(self: Any, query: str, *values: Any, original: Any = kind.execute) -> Any:
            done = await original(self, query, *values)
            if query not in killed and "_lock(" not in query.lower():
                killed.add(query)
                raise Killed
            return done

        monkeypatch.setattr(kind, "execute", execute)
    return killed


@pytest.fixture
async def older(server: DatabaseServer, url: str) -> tuple[str, dict[str, Any]]:
    """A database of the first schema, and the data that its users saw in the current schema."""
    storage = await open_storage(url)
    context = await fill_with_every_kind(storage, 11)
    before = {each: await seen(storage, each) for each in context.users}
    await storage.close()
    return await take_back(server, url), before


@pytest.mark.parametrize("killed", [False, True], ids=["at once", "killed at each statement"])
async def test_R19_the_first_schema_is_migrated_with_its_data(
    server: DatabaseServer,
    older: tuple[str, dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    *,
    killed: bool,
) -> None:
    url, before = older
    assert await server.value(url, VERSION) < SCHEMA_VERSION
    if killed:
        with monkeypatch.context() as killing:
            statements = kill_after_each_statement(killing)
            attempts = 0
            while True:
                try:
                    await migrate(url)
                except (Killed, CannotOpen):
                    attempts += 1
                else:
                    break
                assert attempts < 500
        assert attempts
        if isinstance(server, Mariadb):
            assert len(statements) > int(SCHEMA_VERSION) - int(FIRST_ON_MARIADB)
    storage = await open_storage(url)
    assert await server.value(url, VERSION) == SCHEMA_VERSION
    for user_id, expected in before.items():
        now = await seen(storage, user_id)
        # The first schema has no message requests: they are conversations there.
        now["messages"] = {each: now["messages"][each] for each in expected["messages"]}
        assert now == expected
        await require_consistent(storage, user_id)
    await storage.close()
