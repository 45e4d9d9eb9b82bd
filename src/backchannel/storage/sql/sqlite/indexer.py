"""Bringing the full-text index up to date, beside the writer's work.

Each step is one short transaction that also moves the stored position, so that a process that
dies in between continues where it was.
"""

import time
from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, delete, func, select, update

from backchannel.storage.sql.database import Transaction
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.rows import MESSAGES
from backchannel.storage.sql.schema import conversation, message
from backchannel.storage.sql.sqlite import index
from backchannel.storage.sql.sqlite.index import (
    REACHED,
    IndexEntry,
    search_index,
    search_progress,
    search_stale,
)

STEP_MESSAGES = 128
STEP_CHARACTERS = 65_536
"""The most that one step indexes: a commit waits for it, for a few milliseconds."""
QUIET = 0.01
"""Seconds without work after which the index is updated."""
WAITED = 0.1
BUSY = 1.0
"""Seconds after which a step is done despite other work: `WAITED` is the time for which the writer
was idle in all, `BUSY` the time since the last step."""

SIZES = (
    select(message.c.number, func.length(message.c.body))
    .where(message.c.number > REACHED)
    .order_by(message.c.number)
    .limit(STEP_MESSAGES)
)
_entries = (
    select(
        message.c.number,
        conversation.c.number,
        conversation.c.first,
        conversation.c.second,
        message.c.body,
    )
    .select_from(MESSAGES)
    .where(message.c.body != "")
)
NEW = _entries.where(message.c.number > REACHED, message.c.number <= parameter("last")).order_by(
    message.c.number
)
AGAIN = _entries.where(message.c.number.in_(any_of("numbers", BigInteger)))
STALE_SIZES = (
    select(
        search_stale.c.number,
        func.length(search_stale.c.body) + func.coalesce(func.length(message.c.body), 0),
    )
    .select_from(search_stale.outerjoin(message, message.c.number == search_stale.c.number))
    .order_by(search_stale.c.number)
    .limit(STEP_MESSAGES)
)
STALE = (
    select(search_stale)
    .where(search_stale.c.number <= parameter("last"))
    .order_by(search_stale.c.number)
)
FORGET_STALE = delete(search_stale).where(search_stale.c.number.in_(any_of("numbers", BigInteger)))
ADVANCE = update(search_progress).values(number=parameter("last"))


class _Size(msgspec.Struct):
    number: int
    characters: int


class Indexer:
    """Knows when the writer should do a step."""

    def __init__(self) -> None:
        # Entries that an earlier process has left are found by the first step.
        self._behind = True
        self._idle = False
        self._waited = 0.0
        self._stepped_at = time.monotonic()

    @property
    def timeout(self) -> float | None:
        """Seconds to wait for other work; None: there is nothing to do here."""
        if not self._behind:
            return None
        return 0 if self._idle else QUIET

    @property
    def is_due(self) -> bool:
        """True if a step must not wait any longer for an idle moment."""
        return self._behind and (
            self._waited > WAITED or time.monotonic() - self._stepped_at > BUSY
        )

    def note_writes(self, *, waited: float) -> None:
        """The writer has waited this many seconds for work, and may have written text to index."""
        self._behind = True
        self._idle = False
        self._waited += waited

    def give_up(self) -> None:
        """A step has failed; it is tried again after the next write."""
        self._behind = False

    async def step(self, transaction: Transaction) -> None:
        """Index a bounded number of messages."""
        self._behind = await refresh(transaction) or await _advance(transaction)
        self._idle = True
        self._waited = 0.0
        self._stepped_at = time.monotonic()


async def refresh(transaction: Transaction) -> bool:
    """Replace changed entries; returns True if there are more."""
    sizes = await transaction.fetch(STALE_SIZES, _Size)
    if not sizes:
        return False
    stale = await transaction.fetch(STALE, IndexEntry, last=_last_of_step(sizes))
    numbers = [entry.number for entry in stale]
    now = await transaction.fetch(AGAIN, IndexEntry, numbers=numbers)
    await transaction.insert(
        search_index, index.REMOVAL_COLUMNS, [index.removal(entry) for entry in stale]
    )
    await transaction.insert(search_index, index.COLUMNS, [index.row(entry) for entry in now])
    await transaction.execute(FORGET_STALE, numbers=numbers)
    return True


async def _advance(transaction: Transaction) -> bool:
    """Take in the next messages; returns True if there are more."""
    sizes = await transaction.fetch(SIZES, _Size)
    if not sizes:
        return False
    last = _last_of_step(sizes)
    new = await transaction.fetch(NEW, IndexEntry, last=last)
    await transaction.insert(search_index, index.COLUMNS, [index.row(entry) for entry in new])
    await transaction.execute(ADVANCE, last=last)
    return last < sizes[-1].number or len(sizes) == STEP_MESSAGES


def _last_of_step(sizes: Sequence[_Size]) -> int:
    """The last message that one step has room for, and the first one in any case."""
    last, characters = 0, 0
    for size in sizes:
        characters += size.characters
        if last and characters > STEP_CHARACTERS:
            break
        last = size.number
    return last
