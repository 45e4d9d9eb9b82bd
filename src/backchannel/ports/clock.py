"""Time, given to the core so that tests can move it."""

from typing import Protocol


class Clock(Protocol):
    def now(self) -> int:
        """Milliseconds since 1970, UTC: for people and for expiry, never for order (R11)."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump: for intervals and deadlines."""
        ...
