"""Opening a database: reached, checked, and brought to the current schema."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from backchannel.storage.errors import CannotOpen
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.link import Client, Database, Losses, connect
from backchannel.storage.mongodb.migrating import migrate, version_of
from backchannel.storage.mongodb.redo import Redo
from backchannel.storage.mongodb.storage import MongoStorage

T = TypeVar("T")

OLDEST = (6, 0)
_WRONG_PASSWORD, _NOT_ALLOWED = 18, 13


async def open_mongodb(url: str) -> MongoStorage:
    """Open the database that `url` names, made if it does not exist. Raises `CannotOpen`."""
    losses = Losses()

    async def opened(client: Client, database: Database) -> MongoStorage:
        await Redo(database).settle()
        return MongoStorage(MongoDatabase(client, database, losses))

    return await _with_database(url, opened, losses)


async def migrate_mongodb(url: str) -> None:
    """Bring the database to the current schema. Raises `CannotOpen`."""

    async def done(client: Client, _database: Database) -> None:
        await client.close()

    await _with_database(url, done, None)


async def examine_mongodb(url: str) -> str:
    """The server's version and the schema's, without changing anything. Raises `CannotOpen`."""

    async def examined(client: Client, database: Database) -> str:
        server = await client.server_info()
        version = await version_of(database)
        kind = "replica set" if (await database.command("hello")).get("setName") else "one server"
        await client.close()
        schema = f"schema {version}" if version else "no schema yet, made at the first start"
        return f"MongoDB {server['version']}, {kind}, {schema}"

    return await _with_database(url, examined, None, migrating=False)


async def begin_epochs(url: str) -> int:
    """Give every log a new epoch; how many there are. Raises `CannotOpen`, `ChatError`."""
    storage = await open_mongodb(url)
    try:
        return await storage.begin_epochs()
    finally:
        await storage.close()


async def _with_database(
    url: str,
    work: Callable[[Client, Database], Awaitable[T]],
    losses: Losses | None,
    *,
    migrating: bool = True,
) -> T:
    client, database = connect(url, losses)
    try:
        await _require_fit(database)
        if migrating:
            await migrate(database)
        return await work(client, database)
    except PyMongoError as error:
        await client.close()
        raise CannotOpen(_reason(error)) from error
    except BaseException:
        await client.close()
        raise


async def _require_fit(database: Database) -> None:
    """Raise `CannotOpen` for a server that cannot keep the guarantees."""
    hello = await database.command("hello")
    if hello.get("msg") == "isdbgrid":
        raise CannotOpen(
            "the MongoDB URL names a router of a sharded cluster, which keeps no order between its"
            " shards; name a replica set or a single server"
        )
    version = (await database.command("buildInfo"))["versionArray"]
    if tuple(version[:2]) < OLDEST:
        found = ".".join(map(str, version[:3]))
        raise CannotOpen(f"MongoDB {found} is too old; install version 6.0 or newer")


def _reason(error: PyMongoError) -> str:
    if isinstance(error, ConnectionFailure):
        return f"MongoDB cannot be reached: {error}"
    if isinstance(error, OperationFailure) and error.code in {_WRONG_PASSWORD, _NOT_ALLOWED}:
        return f"MongoDB refuses the user or password of the URL: {error}"
    return f"MongoDB cannot be used: {error}"
