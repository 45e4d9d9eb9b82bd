"""The state that all HTTP connections of a process share: limits, deadlines, the reading budget."""

from collections.abc import Iterable, Sequence

from backchannel.budgets.held import HeldBytes
from backchannel.budgets.rates import RateBudget, network
from backchannel.transports.deadlines import RunningTime
from backchannel.transports.http.forwarded import client_of
from backchannel.transports.http.limits import TICK, Caps, DeadlineSweep, HttpLimits, Network
from backchannel.transports.http.request_head import joined

PART_COST = 64
"""Bytes that a small part of a body counts as."""
BURST = 4
"""Seconds of the read rate that one address may send at once."""
_LONGEST_PAUSE = 2.0


class HttpService:
    """The limits, deadlines and budgets that connections share."""

    __slots__ = (
        "_reading",
        "_trusted_proxies",
        "caps",
        "clock",
        "deadlines",
        "held_before_login",
        "limits",
    )

    def __init__(
        self, limits: HttpLimits, trusted_proxies: Sequence[Network], held_before_login: HeldBytes
    ) -> None:
        self.limits = limits
        self.held_before_login = held_before_login
        self.caps = Caps(limits.connections, limits.connections_per_address, trusted_proxies)
        self.clock = RunningTime(TICK)
        self.deadlines = DeadlineSweep(self.clock)
        self._trusted_proxies = trusted_proxies
        self._reading = RateBudget(limits.read_rate, BURST * limits.read_rate)

    def pay(
        self, parts: int, peer: tuple[str, int] | None, headers: Iterable[tuple[bytes, bytes]]
    ) -> float:
        """Charge a client for small parts of bodies; returns the seconds until it may send more."""
        client = client_of(peer or ("", 0), joined(headers), self._trusted_proxies)
        key = network(client[0])
        self._reading.charge(key, parts * PART_COST)
        return min(self._reading.wait(key, 0), _LONGEST_PAUSE)
