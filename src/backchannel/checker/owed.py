"""The messages that a device should have received and did not.

Two things prove it. A device that finished owes everything that its user's log holds from where
the device began. And any device that was told of a message was told of all before it in that
conversation, because a log is delivered in order.
"""

from collections.abc import Iterator
from typing import NamedTuple

from backchannel.checker.history import History
from backchannel.checker.journal import Place
from backchannel.checker.model import Conversation, Delivery, Device, Fetched, Level, Life, Message
from backchannel.checker.replay import held, replay

Positions = dict[tuple[str, str | None], dict[Message, int]]


class Missing(NamedTuple):
    """`witness` is the record that proves that the device should have `message`."""

    device: Device
    message: Message
    witness: Place


def missing(history: History) -> Iterator[Missing]:
    """Everything that devices lack, found in one look at each device's share of the messages."""
    positions = _positions(history)
    shares = _by_member(history)
    for device, life in history.lives():
        level = device.finish if life is device.lives[-1] else None
        if level is None:
            yield from _skipped(history, device, life)
            continue
        known = positions.get((device.user, life.epoch), {})
        beginning = _Beginning(life, known)
        holds = held(life)
        for message in (each for share in shares.get(device.user, ()) for each in share.messages):
            if (
                message not in holds
                and _is_owed(message, device, life)
                and _existed(message, level, known.get(message))
                and beginning.precedes(message)
            ):
                yield Missing(device, message, level.place)


def _skipped(history: History, device: Device, life: Life) -> Iterator[Missing]:
    """Find messages that were left out between two deliveries."""
    holds: set[Message] | None = None
    for taken in replay(life):
        message, before = taken.delivery.message, taken.before
        if before is None or message.number is None or before.message.number is None:
            continue
        conversation = history.conversations[message.conversation]
        for between in conversation.between(before.message.number, message.number):
            holds = held(life) if holds is None else holds
            if between not in holds and _is_owed(between, device, life):
                yield Missing(device, between, taken.delivery.place)


def _is_owed(message: Message, device: Device, life: Life) -> bool:
    """True if a device of this user, with this kind of dialect, must receive the message."""
    if message.deleted or not message.genuine:
        return False
    if message.send is not None and device.name in message.send.holders:
        return False
    return life.positioned or message.sender != device.user


def _existed(message: Message, level: Level, position: int | None) -> bool:
    """True if it was in the log when the device was found up to date."""
    if position is not None and level.position is not None:
        return position <= level.position or (
            level.asked is not None and message.known_at < level.asked
        )
    return message.known_at < (level.at if level.asked is None else level.asked)


class _Beginning:
    """The beginning of a life in the log, and hence in each conversation."""

    def __init__(self, life: Life, positions: dict[Message, int]) -> None:
        self._life = life
        self._positions = positions
        self._numbers: dict[str, int] = {}
        for taken in replay(life):
            if not taken.repeated and taken.before is None:
                self._note_first(taken.delivery.message)
        for fetched in life.fetched:
            if fetched.complete and fetched.asked > life.start:
                self._note_last(fetched)

    def precedes(self, message: Message) -> bool:
        """True if the device is known to have begun before this message was stored."""
        base, position = self._life.base, self._positions.get(message)
        if base is not None and position is not None:
            return position > base
        if base == 0 or (message.traced and message.send and message.send.at > self._life.start):
            return True
        number, first = message.number, self._numbers.get(message.conversation)
        return number is not None and first is not None and number > first

    def _note_first(self, message: Message) -> None:
        if message.number is not None:
            self._numbers.setdefault(message.conversation, message.number)

    def _note_last(self, fetched: Fetched) -> None:
        """Messages that are missing from a history requested later must come as events."""
        numbers = [each.number for each in fetched.messages if each.number is not None]
        if numbers:
            key, last = fetched.conversation.id, max(numbers)
            self._numbers[key] = min(self._numbers.get(key, last), last)


def _positions(history: History) -> Positions:
    """The positions of each message in the logs of its users, as far as devices were told them."""
    found: Positions = {}
    for device, life in history.lives():
        known = found.setdefault((device.user, life.epoch), {})
        for each in life.log:
            if isinstance(each, Delivery) and each.position is not None:
                known.setdefault(each.message, each.position)
    return found


def _by_member(history: History) -> dict[str, list[Conversation]]:
    found: dict[str, list[Conversation]] = {}
    for conversation in history.conversations.values():
        for member in conversation.members:
            found.setdefault(member, []).append(conversation)
    return found
