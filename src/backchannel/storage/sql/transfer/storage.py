"""The export and import of all records: the part of the storage port over SQL."""

import secrets
from collections.abc import Sequence

import msgspec
from sqlalchemy import null, select, update

from backchannel.ports.storage.transfer import ImportProgress, Key, R, Record
from backchannel.storage.shared.methods import StorageMethods, reading, writing
from backchannel.storage.sql.database import Database, Transaction
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.schema import instance, log_head
from backchannel.storage.sql.transfer import accounts, conversations

KINDS = accounts.KINDS | conversations.KINDS

PROGRESS = select(instance.c.imported_up_to).where(instance.c.imported_up_to.is_not(None))
NOTE = update(instance).values(imported_up_to=parameter("progress"))
END = update(instance).values(imported_up_to=null())
BEGIN_EPOCH = update(log_head).values(epoch=parameter("new_epoch"))

# Made while there is one thread, as msgspec requires of a Struct's first decoder.
_decode = msgspec.json.Decoder(ImportProgress).decode


async def read_page(
    transaction: Transaction, kind: type[R], *, after: Key | None, limit: int
) -> list[R]:
    """Implements `ports.storage.Transfer.export_page`."""
    return await KINDS[kind].fetch(transaction, after=after, limit=limit)


async def add(transaction: Transaction, page: Sequence[Record], progress: ImportProgress) -> None:
    """Add a page of records of one kind and note the progress."""
    if page:
        await KINDS[type(page[0])].add(transaction, page)
    await transaction.execute(NOTE, progress=msgspec.json.encode(progress).decode())


async def read_progress(transaction: Transaction) -> ImportProgress | None:
    """The progress of an import that is not complete."""
    found = await transaction.fetch(PROGRESS, str)
    return _decode(found[0]) if found else None


async def complete(transaction: Transaction) -> None:
    """Give every log a new epoch, and end the import."""
    await transaction.execute(BEGIN_EPOCH, new_epoch=secrets.token_hex(8))
    await transaction.execute(END)


class TransferMethods(StorageMethods[Database]):
    """Export and import; `ports.storage.Transfer` documents the methods."""

    import_page = writing(add)
    import_progress = reading(read_progress)
    complete_import = writing(complete)

    async def export_page(self, kind: type[R], *, after: Key | None, limit: int) -> list[R]:
        return await self.database.read(lambda tx: read_page(tx, kind, after=after, limit=limit))
