"""How often something may be tried, counted in this process (rule S9).

Each key has a token bucket, kept as the one number of the generic cell rate algorithm
(ITU-T I.371): the time at which the bucket will be full again.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from backchannel.domain.errors import Throttled
from backchannel.ports.clock import Clock

ROUNDING = 1e-6
"""Seconds by which sums of floats may be off: who waited as told is never refused."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`count` attempts at once, and as many again within every `seconds`."""

    count: int
    seconds: float

    @property
    def interval(self) -> float:
        """Seconds after which one more attempt is free."""
        return self.seconds / self.count


LIMITS: Mapping[str, Limit] = {
    "login:pair": Limit(10, 60),
    "login:account": Limit(60, 300),
    "login:address": Limit(300, 60),
    "register:address": Limit(600, 60),
    "password:user": Limit(10, 60),
    "upload:user": Limit(300, 60),
    "export:user": Limit(10, 3_600),
    "search:user": Limit(120, 60),
    "preview:user": Limit(30, 60),
    "session:user": Limit(100, 60),
    "answer:user": Limit(120, 60),
}
"""The limit of each kind of key. `login:pair` is one account tried from one address;
`login:account`, whoever tries it, only slows the logins down (`chat.credentials`). An address
may be a whole office, so it is held to its failures only."""


class InProcessThrottle:
    """The throttle port for a single process.

    A key is its kind and a name, as in `login:account:ada`. A kind without a limit is free.
    At most `size` keys are kept; then the ones that are nearest to being free are forgotten.
    """

    def __init__(
        self, clock: Clock, limits: Mapping[str, Limit] = LIMITS, *, size: int = 100_000
    ) -> None:
        self._clock = clock
        self._limits = limits
        self._size = size
        self._full_at: dict[str, float] = {}

    async def admit(self, *keys: str) -> None:
        now = self._clock.monotonic()
        limited = [(key, limit) for key in keys if (limit := self._limit(key))]
        wait = max((self._wait(key, limit, now) for key, limit in limited), default=0.0)
        if wait > ROUNDING:
            seconds = math.ceil(wait)
            raise Throttled(f"too many attempts; try again in {seconds} s", retry_after=wait)
        for key, limit in limited:
            self._full_at[key] = max(self._full_at.get(key, now), now) + limit.interval
        if len(self._full_at) > self._size:
            self._shrink(now)

    async def forgive(self, *keys: str) -> None:
        for key in keys:
            self._full_at.pop(key, None)

    async def refund(self, *keys: str) -> None:
        for key in keys:
            limit = self._limit(key)
            if limit is not None and key in self._full_at:
                self._full_at[key] -= limit.interval

    def _limit(self, key: str) -> Limit | None:
        action, _, rest = key.partition(":")
        scope = rest.partition(":")[0]
        return self._limits.get(f"{action}:{scope}")

    def _wait(self, key: str, limit: Limit, now: float) -> float:
        """Seconds until the bucket holds one attempt."""
        full_at = max(self._full_at.get(key, now), now)
        return full_at - now - (limit.seconds - limit.interval)

    def _shrink(self, now: float) -> None:
        """Down to three quarters, so that the sorting is paid for by many attempts."""
        busy = sorted(
            ((key, at) for key, at in self._full_at.items() if at > now),
            key=lambda item: item[1],
            reverse=True,
        )
        self._full_at = dict(busy[: self._size * 3 // 4])
