"""The throttle: attempts per key, counted in this process or in all nodes (rule S9)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from backchannel.budgets.rates import RateBudget
from backchannel.domain.errors import Throttled
from backchannel.domain.signals import Attempted, Notice, Refunded, ThrottlesReset
from backchannel.ports.bus import Bus
from backchannel.ports.security import Clock


@dataclass(frozen=True, slots=True)
class Limit:
    """`count` attempts at once, and as many again within every `seconds`."""

    count: int
    seconds: float


LIMITS: Mapping[str, Limit] = {
    "login:pair": Limit(10, 60),
    "login:account": Limit(60, 300),
    "login:address": Limit(300, 60),
    "register:address": Limit(600, 60),
    "password:user": Limit(10, 60),
    "upload:user": Limit(300, 60),
    "export:user": Limit(10, 3_600),
    "report:user": Limit(20, 3_600),
    "search:user": Limit(120, 60),
    "preview:user": Limit(30, 60),
    "session:user": Limit(100, 60),
    "answer:user": Limit(120, 60),
}
"""The limit of each kind of key. `login:pair` is one account tried from one address. Past
`login:account`, which counts the attempts from everywhere, logins are only slowed down
(`chat.credentials`). An address may belong to a whole office, so only its failures count."""


class InProcessThrottle:
    """The throttle port for a single process.

    A key is its kind and a name, as in `login:account:ada`. A kind without a limit is free.
    At most `size` keys of each kind are kept; then the ones that are nearest to being free are
    forgotten.
    """

    def __init__(
        self, clock: Clock, limits: Mapping[str, Limit] = LIMITS, *, size: int = 100_000
    ) -> None:
        self._budgets = {
            kind: RateBudget(
                limit.count / limit.seconds, limit.count, clock=clock.monotonic, size=size
            )
            for kind, limit in limits.items()
        }

    async def admit(self, *keys: str) -> None:
        limited = [(key, budget) for key in keys if (budget := self._budget(key)) is not None]
        wait = max((budget.wait(key) for key, budget in limited), default=0.0)
        if wait:
            seconds = math.ceil(wait)
            raise Throttled(f"too many attempts; try again in {seconds} s", retry_after=wait)
        for key, budget in limited:
            budget.charge(key)

    def charge(self, *keys: str) -> None:
        """Count one attempt against each key that another process has admitted."""
        for key in keys:
            if (budget := self._budget(key)) is not None:
                budget.charge(key)

    async def reset(self, *keys: str) -> None:
        self.reset_now(*keys)

    def reset_now(self, *keys: str) -> None:
        for key in keys:
            if (budget := self._budget(key)) is not None:
                budget.forget(key)

    async def refund(self, *keys: str) -> None:
        self.refund_now(*keys)

    def refund_now(self, *keys: str) -> None:
        for key in keys:
            if (budget := self._budget(key)) is not None:
                budget.refund(key)

    def _budget(self, key: str) -> RateBudget | None:
        action, _, rest = key.partition(":")
        scope = rest.partition(":")[0]
        return self._budgets.get(f"{action}:{scope}")


class SharedThrottle:
    """Implements `ports.security.Throttle`: each node reports its counts to the others.

    An attempt counts everywhere as soon as the bus has passed it on, some milliseconds later. While
    the bus is away each node holds to the limits by itself.
    """

    def __init__(self, own: InProcessThrottle, bus: Bus) -> None:
        self._own = own
        self._bus = bus
        bus.listen_notices(self._hear)

    async def admit(self, *keys: str) -> None:
        await self._own.admit(*keys)
        self._bus.notify(Attempted(keys))

    async def reset(self, *keys: str) -> None:
        self._own.reset_now(*keys)
        self._bus.notify(ThrottlesReset(keys))

    async def refund(self, *keys: str) -> None:
        self._own.refund_now(*keys)
        self._bus.notify(Refunded(keys))

    def _hear(self, notice: Notice, node_id: str) -> None:
        del node_id
        match notice:
            case Attempted(keys):
                self._own.charge(*keys)
            case ThrottlesReset(keys):
                self._own.reset_now(*keys)
            case Refunded(keys):
                self._own.refund_now(*keys)
            case _:
                pass  # Not about attempts.
