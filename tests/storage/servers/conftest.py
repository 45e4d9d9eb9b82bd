"""The database servers that share the contract of opening."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from backchannel.storage.sql.mysql import claim
from backchannel.storage.sql.postgresql import opening
from tests.support import mariadb, postgresql
from tests.support.engines import drop_databases


class DatabaseServer(ABC):
    """A kind of database server."""

    scheme: str
    schema: str
    """The schema of the tables, as an expression."""
    remake_log_head: tuple[str, ...]
    """Statements that put the rows of `log_head` into a new table, as a restore does."""
    make_anew: tuple[str, ...]
    """Statements that put an empty database in place of the one that they run in, `{name}`."""

    @abstractmethod
    async def empty_database(self, folder: Path) -> str:
        """The URL of a database without tables."""

    @abstractmethod
    async def execute(self, url: str, *statements: str) -> None:
        """Execute statements outside the storage."""

    @abstractmethod
    async def value(self, url: str, query: str) -> Any:
        """The first value of the first row of a query."""


class Postgresql(DatabaseServer):
    scheme = "postgresql"
    schema = "current_schema()"
    remake_log_head = (
        "CREATE TABLE copy (LIKE log_head INCLUDING ALL)",
        "INSERT INTO copy SELECT * FROM log_head",
        "DROP TABLE log_head",
        "ALTER TABLE copy RENAME TO log_head",
    )
    make_anew = ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")

    async def empty_database(self, folder: Path) -> str:
        url = await postgresql.database_for(folder)
        await self.execute(url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
        return url

    async def execute(self, url: str, *statements: str) -> None:
        connection = await asyncpg.connect(url.partition("?")[0])
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    async def value(self, url: str, query: str) -> Any:
        connection = await asyncpg.connect(url.partition("?")[0])
        found = await connection.fetchval(query)
        await connection.close()
        return found


class Mariadb(DatabaseServer):
    scheme = "mysql"
    schema = "database()"
    remake_log_head = (
        "DO sleep(1.1)",  # the creation time of a table has no fractions
        "CREATE TABLE copy LIKE log_head",
        "INSERT INTO copy SELECT * FROM log_head",
        "DROP TABLE log_head",
        "CREATE TABLE log_head LIKE copy",
        "INSERT INTO log_head SELECT * FROM copy",
        "DROP TABLE copy",
    )
    make_anew = ("DROP DATABASE {name}", "CREATE DATABASE {name}")

    async def empty_database(self, folder: Path) -> str:
        del folder
        return await mariadb.empty_database()

    async def execute(self, url: str, *statements: str) -> None:
        driver = await mariadb.connected(url)
        for statement in statements:
            await driver.execute(statement)
        driver.terminate()

    async def value(self, url: str, query: str) -> Any:
        driver = await mariadb.connected(url)
        found = await driver.fetchval(query)
        driver.terminate()
        return found


@pytest.fixture(params=[Postgresql, Mariadb], ids=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Iterator[DatabaseServer]:
    yield request.param()
    drop_databases()


@pytest.fixture
async def url(server: DatabaseServer, tmp_path: Path) -> str:
    return await server.empty_database(tmp_path)


@contextmanager
def short_claims() -> Iterator[None]:
    """Servers do not wait for the claim of another server, even if that server has just ended."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "CLAIM_SECONDS", 0.3)
        patch.setattr(claim, "CLAIM_SECONDS", 0)
        yield
