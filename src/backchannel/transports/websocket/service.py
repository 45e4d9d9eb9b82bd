"""The state that all WebSockets of a process share."""

from collections.abc import Collection, Mapping, Sequence

from backchannel.budgets.held import HeldBytes
from backchannel.budgets.rates import RateBudget
from backchannel.transports.http.caps import Caps, Network
from backchannel.transports.http.hosts import Hosts
from backchannel.transports.websocket.deflate import Deflate
from backchannel.transports.websocket.endpoint import Endpoint
from backchannel.transports.websocket.extension import Compression
from backchannel.transports.websocket.keepalive import Keepalive
from backchannel.transports.websocket.limits import Limits
from backchannel.transports.websocket.turn import Turn

READ_BURST = 4
"""Seconds of the read rate that one user's sockets may send at once."""


class Service:
    """The endpoints, the rules for connecting clients, and the shared parts."""

    __slots__ = (
        "caps",
        "compression",
        "endpoints",
        "hosts",
        "keepalive",
        "limits",
        "origins",
        "reading",
        "strangers",
        "trusted_proxies",
        "turn",
    )

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        limits: Limits,
        *,
        hosts: Hosts,
        origins: Collection[str] = (),
        strangers: HeldBytes,
        deflate: Deflate | None = None,
        trusted_proxies: Sequence[Network] = (),
    ) -> None:
        self.endpoints = endpoints
        self.limits = limits
        self.strangers = strangers
        self.hosts = hosts
        self.origins = frozenset(origins)
        self.compression = None if deflate is None else Compression(deflate)
        self.trusted_proxies = trusted_proxies
        self.caps = Caps(limits.sockets, limits.sockets_per_address)
        self.keepalive = Keepalive(limits.ping_interval, limits.ping_timeout)
        self.turn = Turn()
        self.reading = RateBudget(limits.read_rate, READ_BURST * limits.read_rate)
