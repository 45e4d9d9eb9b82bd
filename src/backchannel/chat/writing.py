"""The budget of each user's writes: messages, changes, marks and signals (rule S18).

Over every socket and over REST, in every dialect. The unit is a message of up to 4 KiB.
"""

from collections.abc import Sequence

from backchannel.budgets.rates import RateBudget
from backchannel.domain.events import Event
from backchannel.domain.messages import Message
from backchannel.domain.pages import size_of
from backchannel.ports.clock import Clock

UNIT = 4_096
"""Bytes of text that count as one message."""
BURST = 2
"""Seconds of the rate that a user may spend at once."""
LOOK_UPS = 20
"""Users whose presence is asked for at the price of one message."""


class Writing:
    """The writing budget of each user. Methods raise `Throttled`, with the time to wait."""

    def __init__(self, clock: Clock, *, rate: float) -> None:
        """`rate` is how many units a second one user may write for long."""
        self._budget = RateBudget(
            rate,
            BURST * rate,
            refusal="you are sending too much",
            clock=clock.monotonic,
        )

    def spend(self, user_id: str, text: str = "") -> None:
        """Count something that a user writes, by the size of its text."""
        if len(text) * 4 <= UNIT:  # a character takes at most four bytes
            self._budget.spend(user_id)
        else:
            self._budget.spend(user_id, units(len(text.encode("utf-8", "replace"))))

    def spend_watch(self, user_id: str, count: int) -> None:
        """Count the look-ups for the presence of `count` users."""
        self._budget.spend(user_id, 1 + count // LOOK_UPS)

    def charge(self, user_id: str, events: Sequence[Event], message: Message | None = None) -> None:
        """Count what a change has caused: an entry in a log for each event, with its message.

        That is known only afterwards, so it is paid off before the next thing is written.
        """
        if events:
            size = 0 if message is None else size_of(message)
            self._budget.charge(user_id, len(events) * units(size))


def units(size: int) -> int:
    """The number of messages that a text of `size` bytes counts as."""
    return max(1, -(-size // UNIT))
