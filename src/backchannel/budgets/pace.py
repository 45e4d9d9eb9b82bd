"""The pace at which requests start: few per turn of the event loop, least active clients first."""

import asyncio
import time
from collections.abc import Callable

from backchannel.budgets.rates import RateBudget, network
from backchannel.budgets.turns import LeastUsed

UNLIMITED = 1e6
"""A rate that no client reaches."""
BURST = 10
"""A client may spend this many seconds of its rate at once."""
LONGEST_DEBT = 10.0
"""Seconds without requests after which a client is within its budget again, at the latest."""
AT_ONCE = 4
"""Requests that begin in one turn of the event loop: some 2 ms of work."""
REST = 0.008
"""Seconds for which a request over budget occupies one of these places."""
MEMORY = 0.002
"""The shortest time, in seconds, after which a request is forgotten: less would rank no client."""
WAITING = 4_096
"""Requests that may wait, of all clients together."""


class Pace:
    """Starts a few requests per turn of the event loop, so that no user waits for many others.

    Each address has a budget of requests, and so has each user. A client over its budget is not
    refused: its requests start after those of others, at most 500 a second for all such clients
    together, which leaves half of the event loop's time. For use on one event loop.
    """

    def __init__(
        self,
        rate: float = UNLIMITED,
        *,
        exempt: Callable[[str], bool] = lambda _: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`rate` is the number of requests a second that one client may make in the long run.

        `exempt` addresses, those of proxies that hide their clients, have no budget.
        """
        self._exempt = exempt
        self._budget = RateBudget(rate, BURST * rate, clock=clock)
        self._turns = LeastUsed(
            AT_ONCE,
            waiting=WAITING,
            memory=max(MEMORY, 1 / rate),
            refusal="too many requests at once",
            clock=clock,
        )

    async def turn_of_address(self, address: str) -> None:
        """Wait until a request from `address` may begin. Raises `Overloaded` if too many wait."""
        if not self._exempt(address):
            await self._turn(f"address {network(address)}")

    async def turn_of_user(self, user_id: str) -> None:
        """Wait until a request of a user may go on. Raises `Overloaded` if too many wait."""
        await self._turn(f"user {user_id}")

    async def _turn(self, key: str) -> None:
        wait = self._budget.wait(key)
        if wait < LONGEST_DEBT:
            self._budget.charge(key)
        async with self._turns.turn(key):
            await asyncio.sleep(REST if wait else 0)
