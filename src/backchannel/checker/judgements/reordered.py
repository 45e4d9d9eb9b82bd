"""Reordered: numbers contradict what came first (rules R3, R4)."""

from collections.abc import Iterator
from itertools import pairwise

from backchannel.checker.history import History
from backchannel.checker.model import Conversation, Device, Fetched, Message, Send
from backchannel.checker.replay import Taken, replay
from backchannel.checker.verdict import Evidence, Finding


def judge(history: History) -> Iterator[Finding]:
    for conversation in history.conversations.values():
        yield from _in_real_time(conversation)
    yield from _in_one_session(history)
    for device, life in history.lives():
        for taken in replay(life):
            if not taken.repeated and _steps_back(taken):
                yield _backward(device, taken)
    for fetched in history.fetched:
        yield from _in_a_list(fetched)


def _in_real_time(conversation: Conversation) -> Iterator[Finding]:
    """A message known before another was sent must have the lower number."""
    earliest: Message | None = None
    for message in reversed(conversation.ordered):
        send = message.send
        if earliest and message.traced and send and earliest.known_at < send.at:
            text = (
                f"message {message.id} has number {message.seq} and was sent only after "
                f"{earliest.id} was stored, which has {earliest.seq}"
            )
            evidence = (Evidence("stored", earliest.known), Evidence("sent", send.place))
            yield Finding(text, evidence)
        if earliest is None or message.known_at < earliest.known_at:
            earliest = message


def _in_one_session(history: History) -> Iterator[Finding]:
    """The messages of one connection must be stored in the order sent, unless one was retried."""
    latest: dict[tuple[str, int, str], tuple[Send, int]] = {}
    for send in history.sends.values():
        message = send.messages[0] if send.messages else None
        if send.attempts > 1 or not message or not message.traced or message.number is None:
            continue
        key = (send.device, send.session, send.conversation)
        before = latest.get(key)
        if before is not None and before[1] > message.number:
            text = (
                f"{send.device} sent {send.client_id} after {before[0].client_id}, and it has "
                f"the lower number, {message.number} against {before[1]}"
            )
            evidence = (Evidence("sent", before[0].place), Evidence("sent then", send.place))
            yield Finding(text, evidence)
        else:
            latest[key] = send, message.number


def _steps_back(taken: Taken) -> bool:
    """True if a new event does not come after those delivered to the device earlier."""
    delivery, previous, before = taken.delivery, taken.previous, taken.before
    position = previous.position if previous else None
    number = before.message.number if before else None
    # Of two messages that share one number, `disagreement` tells.
    return _is_less(delivery.position, position, or_equal=True) or _is_less(
        delivery.message.number, number
    )


def _is_less(one: int | None, other: int | None, *, or_equal: bool = False) -> bool:
    if one is None or other is None:
        return False
    return one < other or (or_equal and one == other)


def _backward(device: Device, taken: Taken) -> Finding:
    message = taken.delivery.message
    before = taken.before or taken.previous
    text = f"{device.name} was told of message {message.id} after one that follows it"
    delivered = Evidence("delivered", taken.delivery.place)
    return Finding(text, (Evidence("the later one", before.place), delivered) if before else ())


def _in_a_list(fetched: Fetched) -> Iterator[Finding]:
    numbers = [each.number for each in fetched.messages if each.number is not None]
    if any(high < low for low, high in pairwise(numbers)):
        text = f"a history of {fetched.conversation.id} is not in the order of its numbers"
        yield Finding(text, (Evidence("fetched", fetched.place),))
