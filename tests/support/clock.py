"""A clock that only moves when a test says so."""

from dataclasses import dataclass


@dataclass
class ManualClock:
    milliseconds: int = 1_790_000_000_000
    seconds: float = 1_000.0

    def now(self) -> int:
        return self.milliseconds

    def monotonic(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.milliseconds += round(seconds * 1_000)
        self.seconds += seconds

    def set_back(self, seconds: float) -> None:
        """Set the calendar back, as NTP does; intervals are not affected."""
        self.milliseconds -= round(seconds * 1_000)
