"""Opening a database: reached, checked, and brought to the current schema."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from backchannel.storage import CannotOpen
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.lease import Lease
from backchannel.storage.mongodb.link import (
    DEFAULT_DATABASE,
    Client,
    Database,
    Losses,
    connect,
    reason,
    serving_name,
)
from backchannel.storage.mongodb.migrating import STEPS, migrate, version_of
from backchannel.storage.mongodb.redo import Redo
from backchannel.storage.mongodb.storage import MongoStorage
from backchannel.storage.mongodb.store import Store
from backchannel.storage.shared.threads import LoopThread

T = TypeVar("T")

OLDEST = (6, 0)
# Without a privilege, a user sees all of its own connections but none of other users.
CONNECTIONS = [{"$currentOp": {"idleConnections": True}}]
LISTED_SECONDS = 3.0
_WRONG_PASSWORD, _NOT_ALLOWED = 18, 13


async def open_mongodb(url: str, *, serving: bool = False, joined: bool = False) -> MongoStorage:
    """Open the database that `url` names, created if it does not exist. Raises `CannotOpen`.

    One that is `serving` is known by its name to `require_unused`. There can be one, or several
    that are `joined`, which need a replica set.
    """
    losses = Losses()

    async def opened(client: Client, database: Database) -> Store:
        lease = await _claimed(database, joined=joined) if serving else None
        try:
            await migrate(database)
            await Redo(database).settle()
        except BaseException:
            if lease is not None:
                await lease.close()
            raise
        return Store(client, database, losses, lease)

    thread = LoopThread()
    try:
        store = await thread.run(
            _with_database(url, opened, losses, serving=serving, migrating=False)
        )
    except BaseException:
        await thread.stop()
        raise
    return MongoStorage(MongoDatabase(thread, store))


async def require_unused(url: str) -> None:
    """Raise `CannotOpen` while a server of this program is connected to the database.

    MongoDB lists the connections of one that has just stopped for a moment longer.
    """

    async def looked(client: Client, database: Database) -> None:
        until = time.monotonic() + LISTED_SECONDS
        while await _is_served(client, url):
            if time.monotonic() > until:
                await client.close()
                raise CannotOpen(
                    f"the MongoDB database {database.name} is in use by another server; "
                    "stop it first"
                )
            await asyncio.sleep(0.1)
        await client.close()

    await _with_database(url, looked, None, migrating=False)


async def _is_served(client: Client, url: str) -> bool:
    connections = await client.admin.aggregate(CONNECTIONS)
    return serving_name(url) in {each.get("appName") async for each in connections}


async def mongodb_is_current(url: str) -> bool | None:
    """True if the schema is the current one, None if there is none. Raises `CannotOpen`."""

    async def looked(client: Client, database: Database) -> bool | None:
        version = await version_of(database)
        await client.close()
        return version >= len(STEPS) if version else None

    return await _with_database(url, looked, None, migrating=False)


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
    """Give every log a new epoch; returns the number of logs. Raises `CannotOpen`, `ChatError`."""
    # A running server would go on with the epochs that it has in memory.
    storage = await open_mongodb(url, serving=True)
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
    serving: bool = False,
) -> T:
    client, database = connect(url, losses, serving=serving)
    try:
        await _require_fit(database)
        if migrating:
            await migrate(database)
        return await work(client, database)
    except PyMongoError as error:
        await client.close()
        raise CannotOpen(_reason(error, url)) from error
    except BaseException:
        await client.close()
        raise


async def _claimed(database: Database, *, joined: bool) -> Lease:
    """The lease of a server that may bring the schema forward. Raises `CannotOpen`."""
    if joined:
        await _require_replica_set(database)
    lease = Lease(database, joined=joined)
    await lease.claim()
    if lease.shared and 0 < await version_of(database) < len(STEPS):
        await lease.close()
        raise CannotOpen(
            f"{database.name} has an older schema, and servers of an older version use it; stop all"
            " of them, then start again"
        )
    return lease


async def _require_replica_set(database: Database) -> None:
    """Raise `CannotOpen` for a single server, as it may undo a batch that was stored."""
    if (await database.command("hello")).get("setName") is None:
        raise CannotOpen(
            "several servers on MongoDB need a replica set, and the URL names a single server:"
            " start it with `mongod --replSet rs0`, then run `mongosh --eval 'rs.initiate()'` once;"
            " or leave bus.url out"
        )


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


def _reason(error: PyMongoError, url: str) -> str:
    if isinstance(error, ConnectionFailure):
        hosts = urlsplit(url).netloc.rpartition("@")[2]
        return f"MongoDB cannot be reached at {hosts}: {reason(error)}"
    if isinstance(error, OperationFailure) and error.code == _WRONG_PASSWORD:
        return f"MongoDB refuses the user or password of the URL: {reason(error)}"
    if isinstance(error, OperationFailure) and error.code == _NOT_ALLOWED:
        name = urlsplit(url).path.strip("/") or DEFAULT_DATABASE
        return (
            f"MongoDB refuses the user of the URL, who needs the role readWrite on {name}; one that"
            " is kept in another database needs ?authSource=NAME in the URL"
        )
    return f"MongoDB cannot be used: {reason(error)}"
