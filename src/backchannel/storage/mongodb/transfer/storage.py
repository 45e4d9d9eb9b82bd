"""The export and import of all records: the part of the storage port over MongoDB."""

from collections.abc import Sequence

from pymongo import IndexModel

from backchannel.ports.storage.transfer import ImportProgress, Key, MessageRecord, R, Record
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.documents import ImportDocument
from backchannel.storage.mongodb.link import Database
from backchannel.storage.mongodb.log import begin_epochs
from backchannel.storage.mongodb.reader import View, get_one
from backchannel.storage.mongodb.schema import IMPORTS, MESSAGES
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.mongodb.transfer import accounts, conversations
from backchannel.storage.shared.methods import StorageMethods, reading, using_database, writing

KINDS = accounts.KINDS | conversations.KINDS

UNFINISHED = "unfinished"
BY_ARRIVAL = IndexModel("number", name="export_by_number")
"""A temporary index for the export of messages: nothing else reads all of them in order."""


async def add(transaction: Transaction, page: Sequence[Record], progress: ImportProgress) -> None:
    """Add a page of records of one kind and note the progress."""
    if page:
        await KINDS[type(page[0])].add(transaction, page)
    found = await get_one(transaction, IMPORTS, UNFINISHED)
    if found is None:
        transaction.add(IMPORTS, ImportDocument(id=UNFINISHED, progress=progress))
    else:
        found.progress = progress


async def read_progress(view: View) -> ImportProgress | None:
    """The progress of an import that is not complete."""
    found = await get_one(view, IMPORTS, UNFINISHED)
    return None if found is None else found.progress


async def complete(database: MongoDatabase) -> None:
    """Give every log a new epoch, and end the import."""
    await begin_epochs(database)
    await database.write(_end)


async def _end(transaction: Transaction) -> None:
    found = await get_one(transaction, IMPORTS, UNFINISHED)
    if found is not None:
        transaction.remove(IMPORTS, found)


async def _index_arrival(database: Database) -> None:
    await database[MESSAGES.name].create_indexes([BY_ARRIVAL])


async def _forget_arrival(database: Database) -> None:
    await database[MESSAGES.name].drop_index("export_by_number")


class TransferMethods(StorageMethods[MongoDatabase]):
    """Export and import; `ports.storage.Transfer` documents the methods."""

    import_page = writing(add)
    import_progress = reading(read_progress)
    complete_import = using_database(complete)

    async def export_page(self, kind: type[R], *, after: Key | None, limit: int) -> list[R]:
        if kind is MessageRecord:
            await self.database.run(_index_arrival)
        page: list[R] = await self.database.read(lambda view: KINDS[kind].fetch(view, after, limit))
        if kind is MessageRecord and not page:
            await self.database.run(_forget_arrival)
        return page
