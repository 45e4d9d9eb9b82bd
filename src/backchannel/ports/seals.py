"""The port to the server's own signature on what it has done."""

from typing import Protocol


class Seals(Protocol):
    """Only who holds the server's secret can make a seal; it vouches for one exact statement."""

    def seal(self, statement: bytes) -> str: ...

    def is_genuine(self, statement: bytes, seal: str) -> bool:
        """True if this server, with its current secret, sealed this statement."""
        ...
