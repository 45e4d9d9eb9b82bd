"""The messages that a device should have received and did not.

Two things prove it. A device that finished must have everything that its user's log holds from the
position at which the device began. And any device that received a message received all before it in
that conversation, because a log is delivered in order. A replay of the deliveries shows the
messages that it held.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from backchannel.checker.history import History
from backchannel.checker.journal import Location
from backchannel.checker.model import (
    Conversation,
    Delivery,
    Device,
    Fetched,
    Level,
    Message,
    Replica,
    Rewind,
)

Positions = dict[tuple[str, str | None], dict[Message, int]]


class ReplayedDelivery(msgspec.Struct, gc=False, eq=False):
    """A delivery. `earlier` is one of the same message that the device still held.

    `floor` is the position that the device had reported, `previous` the previous delivery, and
    `before` the previous one in this conversation: both only of deliveries in order, as events are.
    """

    delivery: Delivery
    earlier: Delivery | None
    floor: int | None
    previous: Delivery | None
    before: Delivery | None

    @property
    def repeated(self) -> bool:
        position = self.delivery.position
        return self.earlier is not None or (
            self.floor is not None and position is not None and position <= self.floor
        )


class _HeldMessages:
    """The messages that a device holds. After a kill it may reconnect with fewer than before."""

    def __init__(self, floor: int | None) -> None:
        self.floor = floor
        self.held: dict[Message, Delivery] = {}
        self.last: dict[str, Delivery] = {}
        self._replayed: list[ReplayedDelivery] = []

    def replay_one(self, delivery: Delivery) -> ReplayedDelivery:
        return ReplayedDelivery(
            delivery,
            self.held.get(delivery.message),
            self.floor,
            self._replayed[-1].delivery if self._replayed else None,
            self.last.get(delivery.message.conversation),
        )

    def put(self, replayed: ReplayedDelivery) -> None:
        delivery = replayed.delivery
        self.held[delivery.message] = delivery
        self._replayed.append(replayed)
        if delivery.message.number is not None:
            self.last[delivery.message.conversation] = delivery

    def rewind(self, position: int) -> None:
        self.floor = position
        while self._replayed and (self._replayed[-1].delivery.position or 0) > position:
            replayed = self._replayed.pop()
            message = replayed.delivery.message
            del self.held[message]
            if replayed.before is None:
                self.last.pop(message.conversation, None)
            else:
                self.last[message.conversation] = replayed.before


def replay(replica: Replica) -> Iterator[ReplayedDelivery]:
    """The deliveries of one replica, in order, without replies that may overtake events."""
    return _replay(replica, _HeldMessages(replica.base))


def held(replica: Replica) -> set[Message]:
    """All that a replica holds at its end.

    Histories count only where it is not known which events the device should have received.
    """
    device_messages = _HeldMessages(replica.base)
    for _ in _replay(replica, device_messages):
        pass
    replies = (each for each in replica.log if isinstance(each, Delivery) and not each.in_order)
    found = {each.message for each in replies}
    found.update(device_messages.held)
    if replica.base is None:
        found.update(*(fetched.messages for fetched in replica.fetched))
    return found


def _replay(replica: Replica, device_messages: _HeldMessages) -> Iterator[ReplayedDelivery]:
    for each in replica.log:
        if isinstance(each, Rewind):
            device_messages.rewind(each.position)
        elif isinstance(each, Delivery) and each.in_order:
            replayed = device_messages.replay_one(each)
            if not replayed.repeated:
                device_messages.put(replayed)
            yield replayed


class Missing(NamedTuple):
    """`witness` is the record that proves that the device should have `message`."""

    device: Device
    message: Message
    witness: Location


def missing(history: History) -> Iterator[Missing]:
    """Everything that devices lack, found in one pass over each device's share of the messages."""
    positions = _positions(history)
    shares = _by_member(history)
    for device, replica in history.replicas():
        level = device.finish if replica is device.replicas[-1] else None
        if level is None:
            yield from _skipped(history, device, replica)
            continue
        known = positions.get((device.user, replica.epoch), {})
        beginning = _Beginning(replica, known)
        holds = held(replica)
        for message in (each for share in shares.get(device.user, ()) for each in share.messages):
            if (
                message not in holds
                and _is_owed(message, device, replica)
                and _existed(message, level, known.get(message))
                and beginning.precedes(message)
            ):
                yield Missing(device, message, level.location)


def _skipped(history: History, device: Device, replica: Replica) -> Iterator[Missing]:
    """Find messages that were left out between two deliveries."""
    holds: set[Message] | None = None
    for replayed in replay(replica):
        message, before = replayed.delivery.message, replayed.before
        if before is None or message.number is None or before.message.number is None:
            continue
        conversation = history.conversations[message.conversation]
        for between in conversation.between(before.message.number, message.number):
            holds = held(replica) if holds is None else holds
            if between not in holds and _is_owed(between, device, replica):
                yield Missing(device, between, replayed.delivery.location)


def _is_owed(message: Message, device: Device, replica: Replica) -> bool:
    """True if a device of this user, with this kind of dialect, must receive the message."""
    if message.deleted or not message.genuine:
        return False
    if message.send is not None and device.name in message.send.holders:
        return False
    return replica.positioned or message.sender != device.user


def _existed(message: Message, level: Level, position: int | None) -> bool:
    """True if it was in the log when the device was found up to date."""
    if position is not None and level.position is not None:
        return position <= level.position or (
            level.asked is not None and message.known_at < level.asked
        )
    return message.known_at < (level.at if level.asked is None else level.asked)


class _Beginning:
    """The position in the log at which a replica begins, and hence in each conversation."""

    def __init__(self, replica: Replica, positions: dict[Message, int]) -> None:
        self._replica = replica
        self._positions = positions
        self._numbers: dict[str, int] = {}
        for replayed in replay(replica):
            if not replayed.repeated and replayed.before is None:
                self._note_first(replayed.delivery.message)
        for fetched in replica.fetched:
            if fetched.complete and fetched.asked > replica.start:
                self._note_last(fetched)

    def precedes(self, message: Message) -> bool:
        """True if the device is known to have started before this message was stored."""
        base, position = self._replica.base, self._positions.get(message)
        if base is not None and position is not None:
            return position > base
        if base == 0 or (message.traced and message.send and message.send.at > self._replica.start):
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
    for device, replica in history.replicas():
        known = found.setdefault((device.user, replica.epoch), {})
        for each in replica.log:
            if isinstance(each, Delivery) and each.position is not None:
                known.setdefault(each.message, each.position)
    return found


def _by_member(history: History) -> dict[str, list[Conversation]]:
    found: dict[str, list[Conversation]] = {}
    for conversation in history.conversations.values():
        for member in conversation.members:
            found.setdefault(member, []).append(conversation)
    return found
