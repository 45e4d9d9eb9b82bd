"""A budget that refills with time: messages, bytes or work, per user or per address.

A token bucket for each key, kept as the one number of the generic cell rate algorithm
(ITU-T I.371): the time at which the bucket will be full again.
"""

import math
import time
from collections.abc import Callable

from backchannel.domain.errors import Throttled

ROUNDING = 1e-6
"""Seconds by which sums of floats may be off: a client that waits as told is not refused."""


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
        self._refusal = refusal
        self._clock = clock
        self._size = size
        self._full_at: dict[str, float] = {}

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
        full_at = self._full_at.get(key, 0.0)
        if full_at <= now:
            full_at = now
        else:
            self.check(key, cost)
        self._full_at[key] = full_at + cost / self._rate
        if len(self._full_at) > self._size:
            self._shrink(now)

    def charge(self, key: str, cost: float = 1.0) -> None:
        """Take `cost` whether or not there is enough: for a cost known only afterwards."""
        now = self._clock()
        self._full_at[key] = max(self._full_at.get(key, now), now) + cost / self._rate
        if len(self._full_at) > self._size:
            self._shrink(now)

    def refund(self, key: str, cost: float = 1.0) -> None:
        """Give back what was taken for something that was not done."""
        if key in self._full_at:
            self._full_at[key] -= cost / self._rate

    def forget(self, key: str) -> None:
        """Let the budget of `key` be full again."""
        self._full_at.pop(key, None)

    def _shrink(self, now: float) -> None:
        """Down to three quarters, so that one sort pays for many spends."""
        used = sorted(
            ((key, at) for key, at in self._full_at.items() if at > now),
            key=lambda item: item[1],
            reverse=True,
        )
        self._full_at = dict(used[: self._size * 3 // 4])
