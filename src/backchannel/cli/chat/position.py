"""How far this device has got in its user's log, and what an entry means for it."""

from enum import Enum


class Fit(Enum):
    SEEN = "seen"
    NEXT = "next"
    GAP = "gap"


class Position:
    """`(epoch, position)` of docs/protocol.md. An empty one holds nothing yet."""

    def __init__(self) -> None:
        self._epoch: str | None = None
        self._number = 0
        self._acknowledged = 0

    @property
    def empty(self) -> bool:
        return self._epoch is None

    def known(self) -> dict[str, object]:
        """The fields by which frames name it."""
        return {} if self.empty else {"epoch": self._epoch, "position": self._number}

    def begin(self, epoch: str, number: int) -> None:
        """Stand where a state that is about to be fetched stands, or before that."""
        self._epoch, self._number, self._acknowledged = epoch, number, 0

    def fit(self, previous: int, position: int) -> Fit:
        """Whether an entry comes next; if so, it counts as applied."""
        if position <= self._number:
            return Fit.SEEN
        if previous != self._number:
            return Fit.GAP
        self._number = position
        return Fit.NEXT

    def behind(self, head: int) -> bool:
        return self._number < head

    def to_acknowledge(self) -> int | None:
        """The position to acknowledge, if it has moved since the last time."""
        if self.empty or self._number <= self._acknowledged:
            return None
        self._acknowledged = self._number
        return self._number
