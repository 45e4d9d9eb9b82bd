"""A budget that refills with time: messages, bytes or work, per user or per address.

A token bucket for each key, kept as the one number of the generic cell rate algorithm
(ITU-T I.371): the time at which the bucket will be full again.
"""

import ipaddress
import math
import time
from collections.abc import Callable
from heapq import heappop, heappush, heapreplace

from backchannel.domain.errors import Throttled

ROUNDING = 1e-6
"""Seconds of tolerance for sums of floats: a client that waits as requested is not refused."""
KEPT = 1_000
"""Keys that are remembered even where their budgets are full: they are likely to come again."""
LOOKS = 4
"""Keys that are checked for each new one above `KEPT`, to forget those with full budgets."""


def network(address: str) -> str:
    """The part of an address that counts as one client: all of IPv4, the /64 network of IPv6.

    A customer gets at least a /64. Text that is not an address stays as it is, and an IPv4 client
    on an IPv6 socket counts by its IPv4 address (RFC 4291, section 2.5.5.2).
    """
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))


class RateBudget:
    """Lets each key spend `burst` at once, and `rate` per second in the long run.

    A cost above `burst` is allowed when the budget is full, and is then paid off. At most
    `size` keys are remembered; beyond that, the ones nearest to a full budget are forgotten.
    """

    def __init__(
        self,
        rate: float,
        burst: float,
        *,
        refusal: str = "too many requests",
        clock: Callable[[], float] = time.monotonic,
        size: int = 100_000,
    ) -> None:
        """`refusal` begins the text of the error; `clock` gives seconds that never jump."""
        self._rate = rate
        self._burst = burst
        self._burst_seconds = burst / rate
        self._refusal = refusal
        self._clock = clock
        self._size = size
        self._full_at: dict[str, float] = {}
        # One entry for each key, no later than `_full_at` has it unless something was refunded.
        self._order: list[tuple[float, str]] = []

    def wait(self, key: str, cost: float = 1.0) -> float:
        """Seconds until `key` can spend `cost`; 0 if it can now."""
        full_at = self._full_at.get(key)
        if full_at is None:
            return 0.0
        wait = full_at - self._clock() - (self._burst - min(cost, self._burst)) / self._rate
        return wait if wait > ROUNDING else 0.0

    def check(self, key: str, cost: float = 1.0) -> None:
        """Raise `Throttled`, with the time to wait, unless `key` can spend `cost` now."""
        wait = self.wait(key, cost)
        if wait:
            raise Throttled(f"{self._refusal}; try again in {math.ceil(wait)} s", retry_after=wait)

    def spend(self, key: str, cost: float = 1.0) -> None:
        """Take `cost` from the budget of `key`. Raises `Throttled`, and then takes nothing."""
        now = self._clock()
        full_at = self._full_at.get(key)
        if full_at is None:
            self._take(key, cost, now)
            return
        seconds = cost / self._rate
        if full_at <= now:
            self._full_at[key] = now + seconds
            return
        if full_at - now > self._burst_seconds - seconds:
            self.check(key, cost)
        self._full_at[key] = full_at + seconds

    def charge(self, key: str, cost: float = 1.0) -> None:
        """Take `cost` even if there is not enough: for a cost known only afterwards."""
        self._take(key, cost, self._clock())

    def refund(self, key: str, cost: float = 1.0) -> None:
        """Give back the cost of something that was not done."""
        if key in self._full_at:
            self._full_at[key] -= cost / self._rate

    def forget(self, key: str) -> None:
        """Let the budget of `key` be full again."""
        if key in self._full_at:
            self._full_at[key] = -math.inf

    def _take(self, key: str, cost: float, now: float) -> None:
        full_at = self._full_at.get(key)
        if full_at is None:
            self._full_at[key] = now + cost / self._rate
            self._make_room_for(key, now)
        else:
            self._full_at[key] = max(full_at, now) + cost / self._rate

    def _make_room_for(self, new: str, now: float) -> None:
        """Above `KEPT` keys, forget a few full budgets; above `size`, one that is nearly full.

        The work is the same for every new key, however many are remembered.
        """
        order, kept = self._order, min(KEPT, self._size)
        heappush(order, (self._full_at[new], new))
        for _ in range(LOOKS):
            if len(order) <= kept or (order[0][0] > now and len(order) <= self._size):
                return
            at, key = order[0]
            full_at = self._full_at[key]
            if full_at > at:
                heapreplace(order, (full_at, key))
            else:
                heappop(order)
                del self._full_at[key]
        if len(order) > self._size:
            del self._full_at[heappop(order)[1]]
