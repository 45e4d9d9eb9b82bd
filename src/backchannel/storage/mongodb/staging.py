"""The pending writes of a batch of transactions, and a transaction's view of them.

A transaction gets documents as objects and changes them. Its changes are staged at its end, where
the transactions after it in the same batch see them, and written with all of the batch.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar, cast

import bson
import msgspec
from bson.raw_bson import RawBSONDocument

from backchannel.storage.mongodb.documents import Document
from backchannel.storage.mongodb.reader import Id, Order, Query, Reader, converted, encoded
from backchannel.storage.mongodb.schema import Collection

D = TypeVar("D", bound=Document)
R = TypeVar("R", bound=msgspec.Struct)
Key = tuple[str, Id]

NUMBERS_PER_BATCH = 1 << 20
STEP = 64
"""The documents that are encoded at a time: other tasks run in between."""


class Operation(Enum):
    """The kind of write for a document."""

    INSERT = "insert"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"


Statements = dict[str, dict[str, list[RawBSONDocument]]]
"""The arguments by command (`insert`, `update`, `delete`) and collection."""


class Behind(Exception):
    """A query would miss staged changes: the batch has to be written first."""


@dataclass
class Staged:
    """The new content of a document; `fields` are those that differ from the stored one."""

    operation: Operation
    document: dict[str, Any]
    fields: set[str] = field(default_factory=set)
    encoded: bytes | None = None
    """The documents to insert, unless they have changed since."""


class Staging:
    """The writes of batch `number`."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._next = number * NUMBERS_PER_BATCH
        self._documents: dict[Key, Staged] = {}
        self._cuts: list[tuple[str, dict[str, object]]] = []
        self._touched: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._documents or self._cuts)

    def next_number(self) -> int:
        """A number that is higher than all before it, in any batch."""
        self._next += 1
        return self._next

    def require_untouched(self, collection: str) -> None:
        """Raise `Behind` if documents of the collection are staged."""
        if collection in self._touched:
            raise Behind(collection)

    def get(self, key: Key) -> tuple[bool, dict[str, Any] | None]:
        """True if this document is staged, and its content; None if it is to be deleted."""
        staged = self._documents.get(key)
        if staged is None:
            return False, None
        return True, None if staged.operation is Operation.DELETE else staged.document

    def put(self, key: Key, staged: Staged) -> None:
        """Stage a document after those that are staged already."""
        self._touched.add(key[0])
        before = self._documents.get(key)
        if before is not None:
            if before.operation is Operation.DELETE and staged.operation is Operation.INSERT:
                staged.operation = Operation.REPLACE
            elif staged.operation is Operation.UPDATE:
                staged.operation = before.operation
                staged.fields |= before.fields
        self._documents[key] = staged

    def encode(self, document: Mapping[str, Any]) -> bytes:
        """A document as it is stored: without fields that are None, and with its batch."""
        present = {name: value for name, value in document.items() if value is not None}
        present["batch"] = self.number
        return bson.encode(present)

    def cut(self, collection: str, query: Query) -> None:
        """Stage the deletion of all documents that match a query."""
        self._touched.add(collection)
        self._cuts.append((collection, dict(query)))

    async def statements(self) -> Statements:
        """The commands that write everything, each of which does nothing when it is repeated."""
        made: Statements = {"insert": {}, "update": {}, "delete": {}}
        earlier = {"batch": {"$lt": self.number}}

        def add(command: str, collection: str, statement: bytes | Mapping[str, object]) -> None:
            encoded = statement if isinstance(statement, bytes) else bson.encode(statement)
            made[command].setdefault(collection, []).append(RawBSONDocument(encoded))

        for count, ((collection, _), staged) in enumerate(self._documents.items()):
            if count % STEP == 0:
                await asyncio.sleep(0)
            this = {"_id": staged.document["_id"], **earlier}
            if staged.operation is Operation.INSERT:
                add("insert", collection, staged.encoded or self.encode(staged.document))
            elif staged.operation is Operation.UPDATE:
                changed = {name: staged.document[name] for name in staged.fields}
                change = {"$set": {**changed, "batch": self.number}}
                add("update", collection, {"q": this, "u": change})
            elif staged.operation is Operation.REPLACE:
                document = RawBSONDocument(self.encode(staged.document))
                add("update", collection, {"q": this, "u": document, "upsert": True})
            else:
                add("delete", collection, {"q": this, "limit": 1})
        for collection, query in self._cuts:
            add("delete", collection, {"q": {**query, **earlier}, "limit": 0})
        return made


class Transaction:
    """A `View` that includes its own changes.

    It reads before it changes anything: a query never sees its own changes.
    """

    def __init__(self, reader: Reader, staging: Staging) -> None:
        self._reader = reader
        self._staging = staging
        self._seen: dict[Key, _Seen[Any]] = {}
        self._cuts: list[tuple[str, Query]] = []

    def next_number(self) -> int:
        """A number for a message that is higher than those of all messages before it."""
        return self._staging.next_number()

    async def get(self, collection: Collection[D], ids: Iterable[Id]) -> list[D]:
        """Like `View.get`; a document is the same object each time."""
        keys = [(collection.name, each) for each in ids]
        unknown = [
            key for key in keys if key not in self._seen and not self._take_staged(collection, key)
        ]
        if unknown:
            query = {"_id": {"$in": [encoded(each) for _, each in unknown]}}
            for document in await self._reader.raw(collection, query, limit=len(unknown)):
                self._take(collection, document)
        found = (self._seen.get(key) for key in dict.fromkeys(keys))
        return [cast("D", each.document) for each in found if each and not each.gone]

    async def find(
        self,
        collection: Collection[D],
        query: Query,
        *,
        order: Order = (),
        limit: int | None = None,
    ) -> list[D]:
        """Like `View.find`. Raises `Behind`."""
        self._staging.require_untouched(collection.name)
        found = await self._reader.raw(collection, query, order=order, limit=limit)
        return [self._take(collection, each) for each in found]

    async def rows(
        self,
        collection: Collection[Any],
        row: type[R],
        query: Query,
        *,
        order: Order = (),
        limit: int | None = None,
    ) -> list[R]:
        """Like `View.rows`. Raises `Behind`."""
        self._staging.require_untouched(collection.name)
        return await self._reader.rows(collection, row, query, order=order, limit=limit)

    async def aggregate(
        self, collection: Collection[Any], row: type[R], pipeline: Sequence[Query]
    ) -> list[R]:
        """Like `View.aggregate`. Raises `Behind`."""
        self._staging.require_untouched(collection.name)
        return await self._reader.aggregate(collection, row, pipeline)

    def add(self, collection: Collection[D], document: D) -> D:
        """Add a new document."""
        key = collection.name, document.id
        self._seen[key] = _Seen(document, None)
        return document

    def remove(self, collection: Collection[D], document: D) -> None:
        """Delete a document."""
        self._seen[collection.name, document.id].gone = True

    def cut(self, collection: Collection[Any], query: Query) -> None:
        """Delete all documents that match a query."""
        self._cuts.append((collection.name, query))

    async def stage(self) -> None:
        """Stage the changes. Raises one of `link.MISTAKES`, and then nothing is staged."""
        changed: list[tuple[Key, Staged]] = []
        for count, (key, seen) in enumerate(self._seen.items()):
            if count % STEP == 0:
                await asyncio.sleep(0)
            after = cast("dict[str, Any]", msgspec.to_builtins(seen.document))
            if seen.gone:
                if seen.before is not None:
                    changed.append((key, Staged(Operation.DELETE, after)))
            elif seen.before is None:
                new = Staged(Operation.INSERT, after, encoded=self._staging.encode(after))
                changed.append((key, new))
            elif fields := {name for name in after if after[name] != seen.before.get(name)}:
                bson.encode({name: after[name] for name in fields})
                changed.append((key, Staged(Operation.UPDATE, after, fields)))
        for change in changed:
            self._staging.put(*change)
        for cut in self._cuts:
            self._staging.cut(*cut)

    def _take(self, collection: Collection[D], stored: dict[str, Any]) -> D:
        (document,) = converted([stored], collection.document)
        key = collection.name, document.id
        return cast("D", self._seen.setdefault(key, _Seen(document, stored)).document)

    def _take_staged(self, collection: Collection[Any], key: Key) -> bool:
        is_staged, document = self._staging.get(key)
        if document is not None:
            self._take(collection, document)
        return is_staged


@dataclass
class _Seen(Generic[D]):
    """A document, and its stored content; None if it is new."""

    document: D
    before: dict[str, Any] | None
    gone: bool = False
