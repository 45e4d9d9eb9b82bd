"""The lease of the servers that use a database: a single one, or several that are joined by a bus.

MongoDB has no locks that a session holds, so each server renews an entry in one document, by the
clock of the database. The entry of a server that was killed expires after `LIFE`.
"""

import asyncio
import contextlib
import logging
import time

import pymongo
from pymongo import ReturnDocument
from pymongo.errors import PyMongoError

from backchannel.domain.ids import new_id
from backchannel.storage import CannotOpen
from backchannel.storage.mongodb.link import Database
from backchannel.storage.mongodb.schema import PREFIX

LIFE = 6.0
"""Seconds for which an entry counts without being renewed."""
RENEWAL = 1.5
"""Seconds between two renewals."""
CLAIM_SECONDS = 12.0
"""Seconds to wait for the lease of a server that is ending, or was killed."""
CLAIM_PAUSE = 0.2
SERVERS = "servers"
"""The document that holds the entries."""

log = logging.getLogger(__name__)


class Lease:
    """A server's right to use the database, from `claim` to `close`."""

    def __init__(self, database: Database, *, joined: bool) -> None:
        self._database = database
        self._collection = database[f"{PREFIX}lease"]
        self._id = new_id()
        self._joined = joined
        self._renewing: asyncio.Task[None] | None = None
        self._closed = False
        self.shared = False
        """True if other servers used the database at the last renewal."""
        self.lost = False
        """True if another server has started to use the database, while this one did not run."""

    async def claim(self) -> None:
        """Begin to use the database, until `close`.

        Raises `CannotOpen` while another server excludes that, and `PyMongoError`.
        """
        until = time.monotonic() + CLAIM_SECONDS
        while not await self._renew():
            if time.monotonic() > until:
                raise CannotOpen(
                    f"the MongoDB database {self._database.name} is in use by another server; stop"
                    " it, or name another database. Several servers need a bus that all of them"
                    " name (bus.url)"
                )
            await asyncio.sleep(CLAIM_PAUSE)
        self._renewing = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Let another server use the database at once."""
        self._closed = True  # the driver may suppress the cancellation
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        with contextlib.suppress(PyMongoError), pymongo.timeout(1):
            await self._collection.update_one(
                {"_id": SERVERS}, {"$pull": {"entries": {"id": self._id}}}
            )

    async def _keep(self) -> None:
        while not self.lost:
            if self._closed:
                return
            await asyncio.sleep(RENEWAL)
            try:
                with pymongo.timeout(RENEWAL):
                    self.lost = not await self._renew()
            except PyMongoError:
                continue  # while the database is away, no other server can claim it either
        log.critical(
            "the database is no longer used: another server has begun to use %s, while this one"
            " did not run",
            self._database.name,
        )

    async def _renew(self) -> bool:
        """Enter this server again unless others exclude it, in one step; False if they do."""
        found = await self._collection.find_one_and_update(
            {"_id": SERVERS},
            [{"$set": {"entries": self._entries()}}],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        ids = {each["id"] for each in (found or {}).get("entries", ())}
        self.shared = len(ids) > 1
        return self._id in ids

    def _entries(self) -> dict[str, object]:
        """The expression for the entries that count, and this server's if they allow it."""
        no_entries: list[object] = []
        others = {
            "$filter": {
                "input": {"$ifNull": ["$entries", no_entries]},
                "cond": {
                    "$and": [{"$gt": ["$$this.until", "$$NOW"]}, {"$ne": ["$$this.id", self._id]}]
                },
            }
        }
        alone = {"$filter": {"input": "$$others", "cond": {"$not": ["$$this.joined"]}}}
        own = {
            "id": self._id,
            "joined": self._joined,
            "until": {"$add": ["$$NOW", int(LIFE * 1_000)]},
        }
        excluding = alone if self._joined else "$$others"
        entered = {
            "$cond": [
                {"$eq": [{"$size": excluding}, 0]},
                {"$concatArrays": ["$$others", [own]]},
                "$$others",
            ]
        }
        return {"$let": {"vars": {"others": others}, "in": entered}}
