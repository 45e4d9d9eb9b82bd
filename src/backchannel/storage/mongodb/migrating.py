"""The version of the schema, and the steps that lead to it.

A step does nothing when it is repeated, so after `kill -9` in the middle of one the next start
does it again (rule R19); so may two processes at once.
"""

from collections.abc import Awaitable, Callable

from bson.min_key import MinKey

from backchannel.storage import CannotOpen
from backchannel.storage.mongodb.link import Database, without_deadline
from backchannel.storage.mongodb.redo import JOURNALED, Redo
from backchannel.storage.mongodb.schema import ATTACHMENTS, COLLECTIONS, LOG, PREFIX, QUESTIONS

VERSIONS, VERSION = f"{PREFIX}schema", "version"


async def _first(database: Database) -> None:
    """Make the collections with their indexes, and the redo document."""
    await _make_collections(database)
    await Redo(database).create()


async def _make_collections(database: Database) -> None:
    """Make the collections and indexes that are missing."""
    existing = set(await database.list_collection_names())
    for each in COLLECTIONS:
        if each.name not in existing:
            await database.create_collection(each.name, check_exists=False)
        if each.indexes:
            await database[each.name].create_indexes(list(each.indexes))


async def _rename_place(database: Database) -> None:
    """Give the key of a message its new name: older databases have it as `place`."""
    redo = Redo(database)
    await redo.settle()  # the newest batch may not be applied, and has the old name
    await redo.forget()
    for name in (LOG.name, QUESTIONS.name, ATTACHMENTS.name):
        collection = database[name].with_options(write_concern=JOURNALED)
        # By `_id`, since no index can find documents that have a field.
        old = {"_id": {"$gte": MinKey()}, "place": {"$exists": True}}
        await collection.update_many(old, {"$rename": {"place": "message"}})
        if "place" in await collection.index_information():
            await collection.drop_index("place")


STEPS: tuple[Callable[[Database], Awaitable[None]], ...] = (
    _first,
    _make_collections,
    _make_collections,
    _make_collections,
    _make_collections,
    _rename_place,
)
"""The migrations from each version to the next; a new database has version 0."""


async def version_of(database: Database) -> int:
    """The version of a database's schema; 0 if there is none."""
    found = await database[VERSIONS].find_one({"_id": VERSION})
    return 0 if found is None else int(found["number"])


async def migrate(database: Database) -> None:
    """Bring a database to the newest schema. Raises `CannotOpen`, `PyMongoError`."""
    version = await version_of(database)
    if version > len(STEPS):
        raise CannotOpen(
            f"the database {database.name} has schema {version}, this program knows {len(STEPS)}:"
            " it was written by a newer version; install that one, or restore a backup made by"
            " this one"
        )
    versions = database[VERSIONS].with_options(write_concern=JOURNALED)
    with without_deadline():
        for number, step in enumerate(STEPS[version:], start=version + 1):
            await step(database)
            await versions.update_one({"_id": VERSION}, {"$max": {"number": number}}, upsert=True)
