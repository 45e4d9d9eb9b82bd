"""Turns and budgets for reading, so that what one user reads does not hold up the others."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from backchannel.budgets.rates import RateBudget
from backchannel.budgets.turns import Turns
from backchannel.domain.messages import Message
from backchannel.domain.pages import size_of
from backchannel.ports.clock import Clock

PAGES_AT_ONCE = 4
PAGES_WAITING = 64
"""Pages of one user that may wait; one is read at a time."""
PAGES_WAITING_IN_ALL = 100_000
"""After a restart every device catches up at once."""
READ_BURST = 8
"""Seconds of the read rate that a user may spend at once."""
PAGE_COST = 8_192
"""Bytes that a page costs at least: an empty one is work as well."""

SEARCHES_AT_ONCE = 1
"""A limit that leaves at least one reader of the database for everything else."""
SEARCHES_WAITING = 8
"""Searches of one user that may wait."""
SEARCH_RATE = 500_000
SEARCH_BURST = 10_000_000
"""Characters that one user's searches may read a second for long, and at once."""

EXPORTS_AT_ONCE = 1_000
"""Of different users: one user has one, and a second one is refused."""
PACKED_AT_ONCE = 1
"""Pieces of exports that are packed at a time: exports never take more than one core."""

DOWNLOADS_AT_ONCE = 1_000
DOWNLOADS_PER_USER = 6
"""The number that browsers open to one server: each holds one block of its file."""
DOWNLOADS_WAITING = 256
"""Downloads of one user that may wait."""
DOWNLOAD_PATIENCE = 3.0
"""Seconds that a download may wait: the ones before it may be read slowly, or not at all."""


class Reading:
    """Admits pages, searches, exports and downloads, each round robin between users."""

    def __init__(self, clock: Clock, *, rate: int) -> None:
        """`rate` is how many bytes of messages a second one user may read for long."""
        self._pages = Turns(
            PAGES_AT_ONCE,
            waiting_per_key=PAGES_WAITING,
            waiting=PAGES_WAITING_IN_ALL,
            refusal="you are reading too many pages at once",
        )
        self._read = RateBudget(
            rate, READ_BURST * rate, refusal="you read too much", clock=clock.monotonic
        )
        self._searches = Turns(
            SEARCHES_AT_ONCE,
            waiting_per_key=SEARCHES_WAITING,
            refusal="too many searches at once",
        )
        self._searched = RateBudget(
            SEARCH_RATE, SEARCH_BURST, refusal="you search too much", clock=clock.monotonic
        )
        self._exports = Turns(
            EXPORTS_AT_ONCE,
            waiting_per_key=0,
            refusal="you have an export under way; wait until it is done",
        )
        self._packing = Turns(PACKED_AT_ONCE)
        self._downloads = Turns(
            DOWNLOADS_AT_ONCE,
            per_key=DOWNLOADS_PER_USER,
            waiting_per_key=DOWNLOADS_WAITING,
            patience=DOWNLOAD_PATIENCE,
            refusal="too many downloads at once",
        )

    @asynccontextmanager
    async def page(self, user_id: str) -> AsyncGenerator[None]:
        """Wait for the user's turn to read a page. Raises `Throttled` and `Overloaded`."""
        self._read.check(user_id)
        async with self._pages.turn(user_id):
            yield

    async def charge(self, user_id: str, messages: Iterable[Message]) -> None:
        """Count a page of these messages as read.

        To measure a large page takes as long as to write it, so others come in between.
        """
        self._read.charge(user_id, max(PAGE_COST, sum(map(size_of, messages))))
        await asyncio.sleep(0)

    @asynccontextmanager
    async def search(self, user_id: str) -> AsyncGenerator[None]:
        """Wait for the user's turn to search. Raises `Throttled` and `Overloaded`."""
        self._searched.check(user_id)
        async with self._searches.turn(user_id):
            yield

    def charge_search(self, user_id: str, characters: int) -> None:
        """Count characters as searched."""
        self._searched.charge(user_id, characters)

    def export(self, user_id: str) -> AbstractAsyncContextManager[None]:
        """Hold the user's only turn to export. Raises `Overloaded` where it is held already."""
        return self._exports.turn(user_id)

    def pack(self, user_id: str) -> AbstractAsyncContextManager[None]:
        """Wait for the turn to pack a piece of an export, and hold it."""
        return self._packing.turn(user_id)

    def download(self, user_id: str) -> AbstractAsyncContextManager[None]:
        """Wait for the user's turn to download, and hold it. Raises `Overloaded`."""
        return self._downloads.turn(user_id)
