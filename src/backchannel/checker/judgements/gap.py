"""Gap: a number of a conversation that no message has (rule R3)."""

from collections.abc import Iterator

from backchannel.checker.history import History
from backchannel.checker.journal import Place
from backchannel.checker.model import Conversation, Device, Fetched, Life
from backchannel.checker.replay import replay
from backchannel.checker.verdict import Evidence, Finding


def judge(history: History) -> Iterator[Finding]:
    """Only who had to see all numbers can show that one is missing, and each gap counts once."""
    reported: set[tuple[str, int]] = set()
    for conversation, low, high, evidence in _gaps(history):
        if (conversation.id, high) not in reported:
            reported.add((conversation.id, high))
            text = (
                f"in {conversation.id} number {high} follows {low}, and nobody was ever told "
                f"of what is between"
            )
            yield Finding(text, evidence)


Gap = tuple[Conversation, int, int, tuple[Evidence, ...]]


def _gaps(history: History) -> Iterator[Gap]:
    for fetched in history.fetched:
        if fetched.complete:
            yield from _in_history(fetched)
    for device, life in history.lives():
        yield from _in_deliveries(history, device, life)


def _in_history(fetched: Fetched) -> Iterator[Gap]:
    """A whole conversation counts from 1."""
    low = 0
    for high in sorted(each.number for each in fetched.messages if each.number is not None):
        if fetched.conversation.unknown_between(low, high) > 0:
            yield fetched.conversation, low, high, (Evidence("fetched", fetched.place),)
        low = high


def _in_deliveries(history: History, device: Device, life: Life) -> Iterator[Gap]:
    for taken in replay(life):
        before, message = taken.before, taken.delivery.message
        if before is None or taken.repeated:
            continue
        low, high = before.message.number, message.number
        if low is None or high is None:
            continue
        conversation = history.conversations[message.conversation]
        # Without positions a device does not receive messages of its own user.
        own = 0 if life.positioned else conversation.spare.get(device.user, 0)
        if conversation.unknown_between(low, high) > own:
            yield conversation, low, high, _both(before.place, taken.delivery.place)


def _both(before: Place, after: Place) -> tuple[Evidence, ...]:
    return Evidence("delivered", before), Evidence("delivered next", after)
