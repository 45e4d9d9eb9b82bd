"""Counters of a run so far."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """The counters of the whole run; `breaches` name rules that faults have found broken.

    `under_way` names the current fault.
    """

    sent: int = 0
    acknowledged: int = 0
    refused: int = 0
    unknown: int = 0
    delivered: int = 0
    reconnected: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])
    under_way: str = ""
    breaches: list[str] = field(default_factory=list[str])

    def line(self, seconds: float) -> str:
        """One short line of progress."""
        return (
            f"{seconds:6.0f} s  sent {self.sent:,}  acknowledged {self.acknowledged:,}  "
            f"unknown {self.unknown:,}  refused {self.refused:,}  "
            f"delivered {self.delivered:,}  reconnected {self.reconnected:,}  "
            f"faults {self.faults.total()}"
        )
