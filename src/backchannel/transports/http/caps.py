"""The limits on the number of connections, in the process and from one client address."""

import ipaddress
from collections import Counter
from collections.abc import Sequence

from backchannel.budgets.addresses import network

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Caps:
    """Counts connections as they come and go.

    Addresses in `exempt` (reverse proxies) count for the process only. An IPv6 client is its
    /64, the least that a customer is given.
    """

    __slots__ = ("_by_address", "_exempt", "_per_address", "_total", "total")

    def __init__(self, total: int, per_address: int, exempt: Sequence[Network] = ()) -> None:
        self.total = 0
        self._total = total
        self._per_address = per_address
        self._exempt = exempt
        self._by_address: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count one more connection of `address`, unless that is one too many."""
        if self.total >= self._total:
            return False
        key = network(address)
        if self._by_address[key] >= self._per_address and not contains(self._exempt, address):
            return False
        self.total += 1
        self._by_address[key] += 1
        return True

    def leave(self, address: str) -> None:
        """Count one connection less; only for one that was let in."""
        key = network(address)
        self.total -= 1
        self._by_address[key] -= 1
        if not self._by_address[key]:
            del self._by_address[key]


def contains(networks: Sequence[Network], address: str) -> bool:
    """True if `address` belongs to one of `networks`.

    An empty one does: it is the peer of a Unix socket, which only a proxy on this machine has.
    """
    if not address:
        return True
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    return any(parsed in network for network in networks)
