"""The databases that tests run on: the folder of a test has its own on each of them."""

from collections.abc import Coroutine, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from tests.support import mariadb, mongod, postgresql, sqlite

ON_MONGODB = "contract"
"""The name of the database on the `mongod` of this test process."""


class DatabaseFor(Protocol):
    def __call__(self, folder: Path, *, lasting: bool = False) -> Coroutine[Any, Any, str]:
        """The URL of the database that belongs to a folder, with all tables.

        A `lasting` one is not removed by `drop_databases`.
        """
        ...


async def on_sqlite(folder: Path, *, lasting: bool = False) -> str:
    """A file in the folder."""
    del lasting
    return await sqlite.database_for(folder)


async def on_mongodb(folder: Path, *, lasting: bool = False, replicated: bool = False) -> str:
    """One database for all folders, emptied when another folder uses it."""
    server = mongod.shared(replicated=replicated)
    name = f"of_{folder.name}" if lasting else ON_MONGODB
    server.empty_for(str(folder), name)
    return server.url(name)


SQLITE = "sqlite"
DATABASES: Mapping[str, DatabaseFor] = {
    SQLITE: on_sqlite,
    "mongodb": on_mongodb,
    "mongodb replica set": partial(on_mongodb, replicated=True),
    "postgresql": postgresql.database_for,
    "mariadb": mariadb.database_for,
}


def drop_databases() -> None:
    """Remove or empty the databases that tests have used on the machine's servers."""
    postgresql.drop_databases()
    mariadb.drop_databases()
