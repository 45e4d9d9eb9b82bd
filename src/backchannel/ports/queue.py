"""The queue port: accepted messages wait there while the database is unavailable."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from hashlib import blake2b
from typing import Protocol

import msgspec


class SetAside(Exception):
    """An entry can never be handled; the text is the reason."""


class SetAsideEntry(msgspec.Struct, frozen=True):
    """An entry that was set aside: `at` is the time, in milliseconds since 1970."""

    reason: str
    entry: bytes
    at: int

    @property
    def id(self) -> str:
        """A digest of the entry: two that are equal share it."""
        return blake2b(self.entry, digest_size=6).hexdigest()


KeyOf = Callable[[bytes], str]
"""The key with which an entry was put."""
Handle = Callable[[bytes], Awaitable[None]]
"""Handles an entry. Raises `SetAside` if that can never succeed."""


class Queue(Protocol):
    """A durable queue in partitions, shared by all nodes.

    Entries with the same key are handled in the order in which they were put, one at a time, by
    one node. Each is handled at least once: also if a node is killed, or the confirmation of the
    broker is lost.
    """

    async def put(self, key: str, entry: bytes, *, user_id: str) -> None:
        """Add an entry; once this returns, the broker has confirmed that it is durable.

        `user_id` has a share of the entries that may wait for that. Raises `Unavailable`: the
        entry may have been added nevertheless.
        """
        ...

    async def consume(self, handle: Handle) -> None:
        """Handle entries until cancelled; the queue forgets an entry once `handle` returns.

        One that `handle` refuses with `SetAside` is set aside. After any other exception it is
        handled again, before those that follow it.
        """
        ...

    async def list_set_aside(self, limit: int) -> Sequence[SetAsideEntry]:
        """The oldest entries that were set aside; they stay. Raises `Unavailable`."""
        ...

    async def retry_set_aside(self, ids: Collection[str] | None, key_of: KeyOf) -> int:
        """Put entries that were set aside into the queue again, with their keys.

        `ids` are those of `SetAsideEntry.id`; None stands for all. Returns the number of entries.
        Raises `Unavailable`: some may have been put nevertheless.
        """
        ...

    async def drop_set_aside(self, ids: Collection[str] | None) -> int:
        """Delete entries that were set aside, as `retry_set_aside` chooses them."""
        ...

    async def close(self) -> None: ...
