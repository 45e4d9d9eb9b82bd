"""One bound on the memory held for all peers that have not logged in yet."""

from typing import Protocol

MOST_HELD = 32 << 20
"""The most bytes held for all clients together that have not logged in."""
PER_HOLDER = 32 << 10
"""Further bytes that a peer costs, once any are held for it: its request, task and buffers."""

TLS_BUFFERS = 128 << 10
"""Further bytes that it costs over TLS: the buffers of decrypted data."""


class Holder(Protocol):
    """A peer for which bytes are held."""

    def give_up(self) -> None:
        """Release the bytes and disconnect the peer: others need the memory."""
        ...


class HeldBytes:
    """Counts the held bytes; past the bound, the longest holder is given up.

    A peer that logs in holds a few bytes for a short time, so it succeeds even while others hold as
    much as they can.
    """

    def __init__(self, most: int = MOST_HELD) -> None:
        self._most = most
        self._held: dict[Holder, int] = {}  # the one that has held something for longest first
        self.total = 0

    def hold(self, holder: Holder, size: int) -> None:
        """Note that a peer now holds `size` bytes. Peers may be given up, including this one."""
        size += PER_HOLDER if size else 0
        self.total += size - self._held.get(holder, 0)
        if size:
            self._held[holder] = size
        else:
            self._held.pop(holder, None)
        while self.total > self._most:
            oldest = next(iter(self._held))
            self.total -= self._held.pop(oldest)
            oldest.give_up()
