"""The journal of sent messages and of their fate."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Plan:
    """The plan of a run, the same for every stack."""

    pairs: int = 5
    rate: float = 10
    """Messages a second of each sender."""
    seconds: float = 30
    settle: float = 12
    """So many quiet seconds end a run; the slowest client reconnects within them."""
    timeout: int = 10
    """Runs that stay busy end after so many times that."""

    @property
    def gap(self) -> float:
        return 1 / self.rate

    @property
    def messages(self) -> int:
        """The number of messages of each sender."""
        return int(self.rate * self.seconds)


@dataclass(frozen=True)
class Journal:
    """The journal of one pair: the numbers of its messages."""

    acknowledged: list[int] = field(default_factory=list[int])
    """To the sender, as its stack does that."""
    received: list[int] = field(default_factory=list[int])
    """As the receiver's client handed them over, in that order."""

    @property
    def entries(self) -> int:
        return len(self.acknowledged) + len(self.received)


@dataclass(frozen=True)
class Outcome:
    """Totals over all pairs and several runs."""

    cuts: int = 0
    acknowledged: int = 0
    lost: int = 0
    """Acknowledged, and never received."""
    duplicated: int = 0
    reordered: int = 0
    """Received after one that was sent later."""

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.cuts + other.cuts,
            self.acknowledged + other.acknowledged,
            self.lost + other.lost,
            self.duplicated + other.duplicated,
            self.reordered + other.reordered,
        )


def evaluate(journals: Sequence[Journal], cuts: int) -> Outcome:
    return sum((_evaluate(each) for each in journals), Outcome(cuts))


def _evaluate(journal: Journal) -> Outcome:
    seen: set[int] = set()
    duplicated = reordered = 0
    latest = -1
    for number in journal.received:
        if number in seen:
            duplicated += 1
        elif number < latest:
            reordered += 1
        seen.add(number)
        latest = max(latest, number)
    acknowledged = set(journal.acknowledged)
    return Outcome(0, len(acknowledged), len(acknowledged - seen), duplicated, reordered)
