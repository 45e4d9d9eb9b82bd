"""The redo document: each batch is journaled as a whole before any of it is applied.

MongoDB without a replica set has no transactions. So a batch is first written into one document,
with `j: true`: then it is durable (rule R1). Its writes are then applied to the collections, in
commands that do nothing when they are repeated, and at last the document is marked as applied. The
server's journal keeps the order of writes, so a batch that is marked as applied has been. The next
batch can replace only a document with this mark: if the server was killed and has lost some of a
batch, the batch is applied again first. A server that was restarted within a batch may get the
mark without what it did before. So the mark says which run of which server was to apply the batch,
and on any other one the batch is applied again before the next.

The number in the document rises by one with each batch, and a batch is written only if its number
is the next one. So if two processes read the same state, one of them has to repeat its batch after
the other's.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, TypeVar

import bson
import msgspec
from bson.binary import Binary
from bson.raw_bson import RawBSONDocument
from pymongo import WriteConcern

from backchannel.domain.ids import new_id
from backchannel.storage.mongodb import commands
from backchannel.storage.mongodb.link import Database, Losses, Unusable
from backchannel.storage.mongodb.payload import statements_of
from backchannel.storage.mongodb.reader import converted
from backchannel.storage.mongodb.schema import BY_NAME, PREFIX
from backchannel.storage.mongodb.staging import Statements

S = TypeVar("S", bound=msgspec.Struct)

HEAD, PART = "head", "part/"
PART_BYTES = 8 << 20
"""Bytes of a batch in one document, of which MongoDB takes 16 MB."""
LOOK_SECONDS = 0.1
"""Seconds after which another process may have applied a batch, and stored more."""
JOURNALED = WriteConcern("majority", j=True)
APPLIED = WriteConcern(1)


class Head(msgspec.Struct, kw_only=True, rename={"id": "_id"}):
    """The redo document: the newest batch, and the newest one that has been applied."""

    id: str
    number: int
    applied: int
    payload: bytes
    # The names of the documents that hold the rest of it.
    parts: list[str]
    # The run of the server on which the newest one was applied; older versions do not note it.
    server: str = ""


class _Part(msgspec.Struct, rename={"id": "_id"}):
    id: str
    payload: bytes


class Redo:
    """The redo document of a database. Raises `PyMongoError`."""

    def __init__(self, database: Database, losses: Losses | None = None) -> None:
        """`losses` are those of the database's client, which `commit` needs."""
        self._database = database
        self._losses = losses or Losses()
        self._collection = database[f"{PREFIX}redo"]
        self._journaled = self._collection.with_options(write_concern=JOURNALED)
        self._server = ""
        """The run of the server that was reached before the batch that is applied next."""
        self._seen_at = 0.0
        """The time, in monotonic seconds, when the batch to be applied was the newest."""

    async def create(self) -> None:
        """Create the document if there is none, and make sure that it is in the journal."""
        new: dict[str, object] = {
            "number": 0,
            "applied": 0,
            "payload": Binary(bson.encode({})),
            "parts": [],
        }
        await self._journaled.update_one({"_id": HEAD}, {"$setOnInsert": new}, upsert=True)

    async def settle(self) -> int:
        """Bring the collections to the newest batch, which is durable then; returns its number.

        Raises `Unusable` if the batch has to be applied, and is damaged.
        """
        self._server = await self._run_of_server()
        before: Head | None = None
        while True:
            self._seen_at = time.monotonic()
            head = self._checked(await self.require(), Head)
            await self._touch()
            is_applied = head.applied == head.number
            if not is_applied or head.server != self._server:
                statements = await self._statements(head)
                if statements is not None:
                    if is_applied and not await self._unmark(head):
                        continue  # another process has stored a batch meanwhile
                    await self._apply(head.number, statements, JOURNALED)
                elif not is_applied:
                    if head == before:
                        raise self._damaged("parts of it are missing")
                    before = head
                    continue  # another process may have applied it meanwhile
                # Parts are deleted only once it is certain that the batch has been applied.
                await self._note(head.number, JOURNALED)
            await self._forget_parts(head.number)
            return head.number

    async def require(self) -> dict[str, Any]:
        """The document. Raises `Unusable` if there is none."""
        found = await self._collection.find_one({"_id": HEAD})
        if found is None:
            raise self._dropped()
        return found

    async def require_kept(self) -> None:
        """Raise `Unusable` unless the document is there; it is not read.

        An update that changes nothing waits until a drop that is under way has ended. A query may
        find a collection that is dropped after the others.
        """
        kept = await self._collection.with_options(write_concern=APPLIED).update_one(
            {"_id": HEAD}, {"$max": {"number": 0}}
        )
        if not kept.matched_count:
            raise self._dropped()

    def _dropped(self) -> Unusable:
        return Unusable(
            f"{self._database.name} was dropped. Restore a backup and run `backchannel"
            " mark-restored`, or restart this server, which makes a new one"
        )

    def _damaged(self, reason: str) -> Unusable:
        return Unusable(
            f"the newest changes in {self._collection.full_name} are damaged: {reason}. Restore a"
            " backup of the database, then run `backchannel mark-restored`"
        )

    async def commit(self, number: int, statements: Statements) -> bool:
        """Make a batch durable and apply it; False if it is no longer the next one."""
        payload = bson.encode(statements)
        parts = [payload[at : at + PART_BYTES] for at in range(0, len(payload), PART_BYTES)]
        names = await self._store_parts(number, parts[1:])
        self._seen_at = time.monotonic()
        taken = await self._journaled.update_one(
            {"_id": HEAD, "number": number - 1, "applied": number - 1},
            {"$set": {"number": number, "payload": Binary(parts[0]), "parts": names}},
        )
        if not taken.matched_count:
            return False
        # A server that is restarted before it deletes the parts must have the mark.
        concern = JOURNALED if names else APPLIED
        losses = self._losses.count
        await self._apply(number, statements, APPLIED)
        if losses == self._losses.count:
            await self._note(number, concern)
        if losses != self._losses.count:
            # The server may have been restarted, and lack earlier writes.
            self._server = await self._run_of_server()
            await self._apply(number, statements, JOURNALED)
            await self._note(number, concern)
        if names:
            await self._forget_parts(number)
        return True

    async def _store_parts(self, number: int, parts: Sequence[bytes]) -> list[str]:
        """Write the parts too large for the document, durably, before it; returns their names."""
        names = [f"{_part(number)}{new_id()}" for _ in parts]
        for name, part in zip(names, parts, strict=True):
            await self._journaled.insert_one({"_id": name, "payload": Binary(part)})
        return names

    async def forget(self) -> None:
        """Delete the content of the newest batch, once it is applied."""
        await self._journaled.update_one(
            {"_id": HEAD, "$expr": {"$eq": ["$number", "$applied"]}},
            {"$set": {"payload": Binary(bson.encode({})), "parts": []}},
        )

    async def _touch(self) -> None:
        """Return once everything that was written before is in the journal."""
        await self._journaled.update_one({"_id": HEAD}, {"$inc": {"touched": 1}})

    async def _run_of_server(self) -> str:
        """A name for the time since the server was started, or elected."""
        hello = await self._database.command("hello")
        return f"{hello.get('topologyVersion', {}).get('processId')} {hello.get('electionId')}"

    async def _note(self, number: int, concern: WriteConcern) -> None:
        await self._collection.with_options(write_concern=concern).update_one(
            {"_id": HEAD, "number": number}, {"$set": {"applied": number, "server": self._server}}
        )

    async def _unmark(self, head: Head) -> bool:
        """Let no other process store a batch before this one is applied again; False if one has."""
        unchanged = {"_id": HEAD, "number": head.number, "applied": head.applied}
        unmarked = await self._journaled.update_one(
            {**unchanged, "server": head.server or None}, {"$set": {"applied": head.number - 1}}
        )
        return bool(unmarked.matched_count)

    async def _forget_parts(self, number: int) -> None:
        """Delete the parts that batches up to `number` have stored outside the document."""
        await self._collection.delete_many({"_id": {"$gt": PART, "$lt": _part(number + 1)}})

    async def _statements(self, head: Head) -> Statements | None:
        """The statements of the newest batch; None if a part of it is missing."""
        found = self._collection.find({"_id": {"$in": head.parts}})
        parts = [self._checked(each, _Part) async for each in found]
        rest = {each.id: each.payload for each in parts}
        if len(rest) < len(head.parts):
            return None
        try:
            return statements_of(head.payload + b"".join(rest[name] for name in head.parts))
        except ValueError as error:
            raise self._damaged(str(error)) from None

    def _checked(self, document: dict[str, Any], kind: type[S]) -> S:
        try:
            (checked,) = converted([document], kind)
        except msgspec.ValidationError as error:
            raise self._damaged(f"{document['_id']}: {error}") from None
        return checked

    async def _apply(self, number: int, statements: Statements, concern: WriteConcern) -> None:
        """Write to the collections: documents after those that they count, and deletions last.

        So a reader who has seen a number finds everything up to it. Nothing more is written once
        another process has applied the batch and stored the next one: that may have deleted
        documents that this one would insert.
        """
        written = [each for each in statements if each != "delete"]
        for kinds, counts in ((written, False), (written, True), (["delete"], None)):
            if await self._is_overtaken(number):
                return
            await self._run_all(statements, kinds, concern, counts=counts)

    async def _is_overtaken(self, number: int) -> bool:
        """True if a batch is no longer the newest; the database is asked only after a delay."""
        now = time.monotonic()
        if now - self._seen_at < LOOK_SECONDS:
            return False
        self._seen_at = now
        head = await self._collection.find_one({"_id": HEAD}, {"number": 1})
        return head is None or head["number"] != number

    async def _run_all(
        self,
        statements: Statements,
        kinds: Sequence[str],
        concern: WriteConcern,
        *,
        counts: bool | None,
    ) -> None:
        """Run them concurrently. An error is raised when all have ended.

        So none of them is still under way when the next batch is applied.
        """
        runs = [
            self._run(command, collection, each, concern)
            for command in kinds
            for collection, each in statements.get(command, {}).items()
            if counts is None or BY_NAME[collection].counts is counts
        ]
        for outcome in await asyncio.gather(*runs, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _run(
        self, command: str, collection: str, each: list[RawBSONDocument], concern: WriteConcern
    ) -> None:
        for part in commands.split(command, collection, each):
            answer = await self._database.command({**part, "writeConcern": concern.document})
            commands.require_applied(answer)


def _part(number: int) -> str:
    """The prefix of the names of a batch's parts."""
    return f"{PART}{number:020}/"
