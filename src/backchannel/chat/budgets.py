"""The budgets of each user: writing (rule S18), reading, and turns to hash passwords.

They hold over every socket and over REST, in every dialect. A unit of writing is a message of up
to 4 KiB. A login is not held up by hundreds of addresses that guess passwords (rules S7, S9).
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from backchannel.budgets.rates import RateBudget
from backchannel.budgets.turns import LeastUsed, Turns
from backchannel.domain.events import Event
from backchannel.domain.messages import Message, size_of
from backchannel.ports.security import Clock

UNIT = 4_096
"""Bytes of text that count as one message."""
BURST = 2
"""A user may spend this many seconds of the rate at once."""
LOOK_UPS = 20
"""Users whose presence can be requested at the cost of one message."""

WAITING = 256
"""Passwords that may wait: a few seconds of work."""
MEMORY = 30.0
"""Seconds after which one attempt of an address or name is forgotten."""
RIGHT = 0.8
"""The part of an attempt that a right password gives back: an office may be one address."""

TAKEN_RATE = 1 / 30
"""Names and e-mail addresses a second that one client may learn to be taken."""
TAKEN_BURST = 20
"""The number of these at once."""

PAGES_AT_ONCE = 4
PAGES_WAITING = 64
"""Pages of one user that may wait; one is read at a time."""
PAGES_WAITING_IN_ALL = 100_000
"""Pages of all users that may wait: after a restart every device catches up at once."""
READ_BURST = 8
"""A user may spend this many seconds of the read rate at once."""
PAGE_COST = 8_192
"""The least bytes that a page costs: an empty one is work as well."""

SEARCHES_AT_ONCE = 1
"""Searches at a time: at least one reader of the database stays free for everything else."""
SEARCHES_WAITING = 8
"""Searches of one user that may wait."""
SEARCH_RATE = 500_000
SEARCH_BURST = 10_000_000
"""Characters that one user's searches may read: a second in the long run, and at once."""

EXPORTS_AT_ONCE = 1_000
"""Exports at a time, of different users: a second one of the same user is refused."""
PACKED_AT_ONCE = 1
"""Pieces of exports that are packed at a time: exports never take more than one core."""

DOWNLOADS_AT_ONCE = 1_000
DOWNLOADS_PER_USER = 6
"""The number that browsers open to one server: each holds one block of its file."""
DOWNLOADS_WAITING = 256
"""Downloads of one user that may wait."""
DOWNLOAD_TIMEOUT = 3.0
"""Seconds that a download may wait: the ones before it may be read slowly, or not at all."""


class WriteLimits:
    """The writing budget of each user. Methods raise `Throttled`, with the time to wait."""

    def __init__(self, clock: Clock, *, rate: float) -> None:
        """`rate` is the number of units a second that one user may write in the long run."""
        self._budget = RateBudget(
            rate,
            BURST * rate,
            refusal="you are sending too much",
            clock=clock.monotonic,
        )

    def spend(self, user_id: str, text: str = "") -> None:
        """Count something that a user writes, by the size of its text."""
        if len(text) * 4 <= UNIT:  # a character takes at most four bytes
            self._budget.spend(user_id)
        else:
            self._budget.spend(user_id, units(len(text.encode("utf-8", "replace"))))

    def spend_watch(self, user_id: str, count: int) -> None:
        """Count the look-ups for the presence of `count` users."""
        self._budget.spend(user_id, 1 + count // LOOK_UPS)

    def charge(self, user_id: str, events: Sequence[Event], message: Message | None = None) -> None:
        """Count the results of a change: an entry in a log for each event, with its message.

        The cost is known only afterwards, so it is paid off before the user can write again.
        """
        if events:
            size = 0 if message is None else size_of(message)
            self._budget.charge(user_id, len(events) * units(size))


def units(size: int) -> int:
    """The number of messages that a text of `size` bytes counts as."""
    return max(1, -(-size // UNIT))


def taken_budget(clock: Clock) -> RateBudget:
    """The budget for answers that a name or an e-mail address is taken (rule S10)."""
    return RateBudget(
        TAKEN_RATE,
        TAKEN_BURST,
        refusal="too many names or e-mail addresses that are taken",
        clock=clock.monotonic,
    )


def hashing_turns(clock: Clock, at_once: int) -> LeastUsed:
    """The turns of a process that hashes `at_once` passwords at a time."""
    return LeastUsed(
        at_once,
        waiting=WAITING,
        memory=MEMORY,
        refusal="too many logins at once",
        clock=clock.monotonic,
    )


class ReadLimits:
    """Admits pages, searches, exports and downloads, each round robin between users."""

    def __init__(self, clock: Clock, *, rate: int) -> None:
        """`rate` is the bytes of messages a second that one user may read in the long run."""
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
            timeout=DOWNLOAD_TIMEOUT,
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

        Measuring a large page takes as long as writing it, so other tasks run in between.
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
        """Hold the user's only turn to export. Raises `Overloaded` if it is held already."""
        return self._exports.turn(user_id)

    def pack(self, user_id: str) -> AbstractAsyncContextManager[None]:
        """Wait for the turn to pack a piece of an export, and hold it."""
        return self._packing.turn(user_id)

    def download(self, user_id: str) -> AbstractAsyncContextManager[None]:
        """Wait for the user's turn to download, and hold it. Raises `Overloaded`."""
        return self._downloads.turn(user_id)
