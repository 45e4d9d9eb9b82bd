"""Reading documents, in a transaction or without one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import bson
import msgspec

from backchannel.storage.mongodb.documents import Document, MessageKey
from backchannel.storage.mongodb.link import Database
from backchannel.storage.mongodb.schema import Collection
from backchannel.storage.shared.threads import COMPILING

D = TypeVar("D", bound=Document)
R = TypeVar("R", bound=msgspec.Struct)

Query = Mapping[str, object]
Order = Sequence[tuple[str, int]]
Id = str | msgspec.Struct

ASCENDING, DESCENDING = 1, -1
PAST_THE_END = 2**63 - 1
LAST = "\U0010ffff"
"""A text that sorts after all ids."""
_COMPILED: set[type[msgspec.Struct]] = set()


class View(Protocol):
    """The documents as one transaction, or one reader, sees them."""

    async def get(self, collection: Collection[D], ids: Iterable[Id]) -> list[D]:
        """Those of these documents that exist, in no order."""
        ...

    async def find(
        self,
        collection: Collection[D],
        query: Query,
        *,
        order: Order = (),
        limit: int | None = None,
    ) -> list[D]:
        """The documents that a query names; all of them without a `limit`."""
        ...

    async def rows(
        self,
        collection: Collection[Any],
        row: type[R],
        query: Query,
        *,
        order: Order = (),
        limit: int | None = None,
    ) -> list[R]:
        """Like `find`, but only the fields of `row`."""
        ...

    async def aggregate(
        self, collection: Collection[Any], row: type[R], pipeline: Sequence[Query]
    ) -> list[R]:
        """The results of a pipeline over the documents."""
        ...


async def get_one(view: View, collection: Collection[D], document_id: Id) -> D | None:
    """The document with this id, if it exists."""
    found = await view.get(collection, [document_id])
    return found[0] if found else None


async def find_one(
    view: View, collection: Collection[D], query: Query, *, order: Order = ()
) -> D | None:
    """The first document that a query names."""
    found = await view.find(collection, query, order=order, limit=1)
    return found[0] if found else None


def encoded(document_id: Id) -> object:
    """An id as documents hold it."""
    return msgspec.to_builtins(document_id)


def in_conversation(conversation_id: str, *, after: int = 0, before: int = PAST_THE_END) -> Query:
    """The keys of a conversation between two numbers, exclusive."""
    return between(MessageKey(conversation_id, after), MessageKey(conversation_id, before))


def converted(documents: Iterable[object], kind: type[R]) -> list[R]:
    """Documents, or parts of them, as the driver reads them, as Structs."""
    if kind not in _COMPILED:
        with COMPILING:
            msgspec.json.Decoder(kind)
        _COMPILED.add(kind)
    return [msgspec.convert(each, kind) for each in documents]


def between(low: msgspec.Struct, high: msgspec.Struct) -> Query:
    """A query for ids between two others (exclusive)."""
    return {"$gt": encoded(low), "$lt": encoded(high)}


class Reader:
    """A `View` of the applied batches. Raises `PyMongoError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.found_nothing = False
        """True once a query had no result, as all have after the database was dropped."""

    async def get(self, collection: Collection[D], ids: Iterable[Id]) -> list[D]:
        wanted = [encoded(each) for each in ids]
        if not wanted:
            return []
        query = {"_id": wanted[0] if len(wanted) == 1 else {"$in": wanted}}
        return await self.find(collection, query, limit=len(wanted))

    async def find(
        self,
        collection: Collection[D],
        query: Query,
        *,
        order: Order = (),
        limit: int | None = None,
    ) -> list[D]:
        found = await self.raw(collection, query, order=order, limit=limit)
        return converted(found, collection.document)

    async def rows(
        self,
        collection: Collection[Any],
        row: type[R],
        query: Query,
        *,
        order: Order = (),
        limit: int | None = None,
    ) -> list[R]:
        fields = dict.fromkeys(row.__struct_encode_fields__, 1)
        fields.setdefault("_id", 0)
        found = await self.raw(collection, query, order=order, limit=limit, fields=fields)
        return converted(found, row)

    async def aggregate(
        self, collection: Collection[Any], row: type[R], pipeline: Sequence[Query]
    ) -> list[R]:
        cursor = await self._database[collection.name].aggregate(list(pipeline))
        found = await cursor.to_list()
        self.found_nothing |= not found
        return converted(found, row)

    async def raw(
        self,
        collection: Collection[Any],
        query: Query,
        *,
        order: Order = (),
        limit: int | None = None,
        fields: Mapping[str, int] | None = None,
    ) -> list[dict[str, Any]]:
        """Documents as the driver reads them."""
        if limit is not None and limit <= 0:
            bson.encode({"query": query, "limit": limit})  # to raise the driver's own error
            return []
        cursor = self._database[collection.name].find(
            query, fields, sort=list(order) or None, limit=limit or 0, batch_size=limit or 0
        )
        found = await cursor.to_list()
        self.found_nothing |= not found
        return found
