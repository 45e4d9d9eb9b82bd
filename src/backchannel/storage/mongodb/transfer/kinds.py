"""The export and the import of one kind of record."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from backchannel.domain.errors import Conflict, Damaged
from backchannel.ports.storage.transfer import Key, Record
from backchannel.storage.mongodb.documents import Document
from backchannel.storage.mongodb.reader import ASCENDING, Id, Query, View, encoded
from backchannel.storage.mongodb.schema import Collection
from backchannel.storage.mongodb.staging import Transaction

D = TypeVar("D", bound=Document)
Fetch = Callable[[View, Key | None, int], Awaitable[list[Any]]]
Add = Callable[[Transaction, Sequence[Any]], Awaitable[None]]


@dataclass(frozen=True)
class RecordKind:
    """The functions that export and import the records of a kind.

    `fetch(view, after, limit)` returns the next records past a key. `add(transaction, page)` raises
    `Conflict` and `Damaged`.
    """

    fetch: Fetch
    add: Add


def fetch_by_key(
    collection: Collection[D],
    record: Callable[[D], Record],
    *,
    key: Callable[..., str | msgspec.Struct] = str,
    field: str = "_id",
    where: Query | None = None,
) -> Fetch:
    """Return a function that fetches records whose `key` is this field of a document."""

    async def fetch(view: View, after: Key | None, limit: int) -> list[Any]:
        query: dict[str, object] = dict(where or {})
        if after is not None:
            query[field] = {"$gt": encoded(key(*after))}
        order = [(field, ASCENDING)]
        return [
            record(each) for each in await view.find(collection, query, order=order, limit=limit)
        ]

    return fetch


def same_fields(kind: type[msgspec.Struct], **names: str) -> Callable[[Any], Record]:
    """Return a function that makes a record of a document's fields.

    `names` has the fields that have other names there.
    """
    fields = {name: names.get(name, name) for name in kind.__struct_fields__}

    def record(document: Document) -> Record:
        return kind(**{name: getattr(document, field) for name, field in fields.items()})

    return record


def add_same_fields(
    collection: Collection[D], document: Callable[..., D], *, identified_by: str = "id"
) -> Add:
    """Return a function that adds records as documents of the same fields, except the id."""

    async def add(transaction: Transaction, page: Sequence[msgspec.Struct]) -> None:
        await add_new(transaction, collection, [_made(each) for each in page])

    def _made(record: msgspec.Struct) -> D:
        fields = msgspec.structs.asdict(record)
        return document(id=fields.pop(identified_by), **fields)

    return add


async def add_new(
    transaction: Transaction, collection: Collection[D], documents: Sequence[D]
) -> None:
    """Add documents. Raises `Conflict` if one is there already."""
    if await transaction.get(collection, [each.id for each in documents]):
        raise Conflict(f"a record is in {collection.name} already")
    for each in documents:
        transaction.add(collection, each)


async def existing(
    transaction: Transaction, collection: Collection[D], ids: Iterable[str | None]
) -> dict[Id, D]:
    """The documents of these ids. Raises `Damaged` if one does not exist."""
    wanted: set[Id] = {each for each in ids if each is not None}
    found = {each.id: each for each in await transaction.get(collection, wanted)}
    missing = [str(each) for each in wanted if each not in found]
    if missing:
        raise Damaged(f"a record names {min(missing)}, which is not in {collection.name}")
    return found
