"""The redo document: each batch is journaled as a whole before any of it is applied.

MongoDB without a replica set has no transactions. So a batch is first written into one document,
with `j: true`: then it is durable (rule R1). What it says is then written into the collections, in
commands that do nothing when they are repeated, and at last noted as applied. The journal of the
server keeps the order of writes, so the note is never there without what it speaks of. The next
batch is taken only by a document that has this note: if the server has lost some of a batch
because it was killed, the batch is applied again first.

The number in the document rises by one with each batch, and only who knows it writes the next. So
of two processes that read the same state, one begins again with what the other has stored.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import bson
import msgspec
from bson.binary import Binary
from bson.raw_bson import RawBSONDocument
from pymongo import WriteConcern
from pymongo.errors import BulkWriteError, InvalidOperation, WriteConcernError

from backchannel.domain.ids import new_id
from backchannel.storage.mongodb.link import Database
from backchannel.storage.mongodb.schema import BY_NAME, PREFIX
from backchannel.storage.mongodb.staging import Statements

HEAD, PART = "head", "part/"
PART_BYTES = 8 << 20
"""Bytes of a batch in one document, of which MongoDB takes 16 MB."""
COMMAND_BYTES = 4 << 20
COMMAND_STATEMENTS = 250
"""Most in one command: while it is encoded the event loop does nothing else."""

JOURNALED = WriteConcern("majority", j=True)
APPLIED = WriteConcern(1)
_DUPLICATE_KEY = 11_000
_ARGUMENT = {"insert": "documents", "update": "updates", "delete": "deletes"}


class Head(msgspec.Struct, kw_only=True, rename={"id": "_id"}):
    """The redo document: the newest batch, and the newest one that has been applied."""

    id: str
    number: int
    applied: int
    payload: bytes
    # The names of the documents that hold the rest of it.
    parts: list[str]


class Redo:
    """The redo document of a database. Raises `PyMongoError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._collection = database[f"{PREFIX}redo"]
        self._journaled = self._collection.with_options(write_concern=JOURNALED)

    async def create(self) -> None:
        """Make the document if there is none, and know that it is in the journal."""
        new: dict[str, object] = {
            "number": 0,
            "applied": 0,
            "payload": Binary(bson.encode({})),
            "parts": [],
        }
        await self._journaled.update_one({"_id": HEAD}, {"$setOnInsert": new}, upsert=True)

    async def settle(self) -> int:
        """Bring the collections to the newest batch, which is durable then; its number."""
        while True:
            found = await self._collection.find_one({"_id": HEAD})
            if found is None:
                raise InvalidOperation(f"the redo document of {self._database.name} is missing")
            head = msgspec.convert(found, Head)
            await self._touch()
            if head.applied != head.number:
                statements = await self._statements(head)
                if statements is None:
                    continue  # another process has applied it meanwhile
                await self._apply(statements)
                await self._note(head.number)
            await self._forget_parts(head.number)
            return head.number

    async def commit(self, number: int, statements: Statements) -> bool:
        """Make a batch durable and apply it; False if it is not the next one any more."""
        payload = bson.encode(statements)
        parts = [payload[at : at + PART_BYTES] for at in range(0, len(payload), PART_BYTES)]
        names = [f"{_part(number)}{new_id()}" for _ in parts[1:]]
        for name, part in zip(names, parts[1:], strict=True):
            await self._collection.insert_one({"_id": name, "payload": Binary(part)})
        taken = await self._journaled.update_one(
            {"_id": HEAD, "number": number - 1, "applied": number - 1},
            {"$set": {"number": number, "payload": Binary(parts[0]), "parts": names}},
        )
        if not taken.matched_count:
            return False
        await self._apply(statements)
        await self._note(number)
        if names:
            await self._forget_parts(number)
        return True

    async def forget(self) -> None:
        """Keep nothing of what the newest batch said, once it is applied."""
        await self._journaled.update_one(
            {"_id": HEAD, "$expr": {"$eq": ["$number", "$applied"]}},
            {"$set": {"payload": Binary(bson.encode({})), "parts": []}},
        )

    async def _touch(self) -> None:
        """Return once everything that was written before is in the journal."""
        await self._journaled.update_one({"_id": HEAD}, {"$inc": {"touched": 1}})

    async def _note(self, number: int) -> None:
        await self._collection.with_options(write_concern=APPLIED).update_one(
            {"_id": HEAD, "number": number}, {"$set": {"applied": number}}
        )

    async def _forget_parts(self, number: int) -> None:
        """Delete what batches up to `number` have written beside the document."""
        await self._collection.delete_many({"_id": {"$gt": PART, "$lt": _part(number + 1)}})

    async def _statements(self, head: Head) -> Statements | None:
        """The statements of the newest batch; None if a part of it is missing."""
        rest = {
            each["_id"]: each["payload"]
            async for each in self._collection.find({"_id": {"$in": head.parts}})
        }
        if len(rest) < len(head.parts):
            return None
        payload = RawBSONDocument(head.payload + b"".join(rest[name] for name in head.parts))
        return {command: dict(collections) for command, collections in payload.items()}

    async def _apply(self, statements: Statements) -> None:
        """Write into the collections: what counts others after them, and deletions at last.

        So a reader who has seen a number finds everything up to it.
        """
        written = [each for each in statements if each != "delete"]
        await self._run_all(statements, written, counts=False)
        await self._run_all(statements, written, counts=True)
        await self._run_all(statements, ["delete"])

    async def _run_all(
        self, statements: Statements, commands: Sequence[str], *, counts: bool | None = None
    ) -> None:
        """Run them at once. An error is raised when all have ended.

        So none of them is still under way when the next batch is applied.
        """
        runs = [
            self._run(command, collection, each)
            for command in commands
            for collection, each in statements.get(command, {}).items()
            if counts is None or BY_NAME[collection].counts is counts
        ]
        for outcome in await asyncio.gather(*runs, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _run(self, command: str, collection: str, each: list[RawBSONDocument]) -> None:
        for part in _chunks(each):
            answer = await self._database.command(
                {
                    command: collection,
                    _ARGUMENT[command]: part,
                    "ordered": False,
                    "writeConcern": APPLIED.document,
                }
            )
            _require_applied(answer)


def _part(number: int) -> str:
    """The prefix of the names of a batch's parts."""
    return f"{PART}{number:020}/"


def _chunks(statements: list[RawBSONDocument]) -> list[list[RawBSONDocument]]:
    chunks: list[list[RawBSONDocument]] = []
    size = 0
    for each in statements:
        size += len(each.raw)
        if not chunks or size > COMMAND_BYTES or len(chunks[-1]) == COMMAND_STATEMENTS:
            chunks.append([])
            size = len(each.raw)
        chunks[-1].append(each)
    return chunks


def _require_applied(answer: dict[str, Any]) -> None:
    """Raise `PyMongoError` unless each statement has been applied, now or before.

    A document that is there already was put there by the same batch, or changed since.
    """
    failed = [
        error
        for error in answer.get("writeErrors", ())
        if error["code"] != _DUPLICATE_KEY or set(error.get("keyPattern", ())) != {"_id"}
    ]
    if failed:
        raise BulkWriteError({"writeErrors": failed})
    if concern := answer.get("writeConcernError"):
        raise WriteConcernError(concern["errmsg"], concern["code"])
