"""Numbers of messages and positions of logs: gap, reordered, disagreement."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from backchannel.checker.history import History
from backchannel.checker.journal import Location
from backchannel.checker.model import Claim, Conversation, Device, Fetched, Message, Replica, Send
from backchannel.checker.owed import ReplayedDelivery, replay
from backchannel.checker.verdict import Evidence, Finding


def gap(history: History) -> Iterator[Finding]:
    """Find numbers of a conversation that no message has (R3), each once.

    Only a device that had to see all messages shows a gap.
    """
    reported: set[tuple[str, int]] = set()
    for conversation, low, high, evidence in _gaps(history):
        if (conversation.id, high) not in reported:
            reported.add((conversation.id, high))
            text = (
                f"in {conversation.id} number {high} follows {low}, and no device ever received "
                f"what is between"
            )
            yield Finding(text, evidence)


Gap = tuple[Conversation, int, int, tuple[Evidence, ...]]


def _gaps(history: History) -> Iterator[Gap]:
    for fetched in history.fetched:
        if fetched.complete:
            yield from _in_history(fetched)
    for device, replica in history.replicas():
        yield from _in_deliveries(history, device, replica)


def _in_history(fetched: Fetched) -> Iterator[Gap]:
    """A whole conversation counts from 1."""
    low = 0
    for high in sorted(each.number for each in fetched.messages if each.number is not None):
        if fetched.conversation.unknown_between(low, high) > 0:
            yield fetched.conversation, low, high, (Evidence("fetched", fetched.location),)
        low = high


def _in_deliveries(history: History, device: Device, replica: Replica) -> Iterator[Gap]:
    unnumbered: defaultdict[str, set[Message]] = defaultdict(set)
    """By conversation, the messages that came since the last one whose number is known."""
    for replayed in replay(replica):
        before, message = replayed.before, replayed.delivery.message
        if replayed.repeated:
            continue
        if message.number is None:
            unnumbered[message.conversation].add(message)
            continue
        between = len(unnumbered.pop(message.conversation, ()))
        low, high = before.message.number if before else None, message.number
        if before is None or low is None:
            continue
        conversation = history.conversations[message.conversation]
        # Without positions a device does not receive messages of its own user.
        own = 0 if replica.positioned else conversation.spare.get(device.user, 0)
        if conversation.unknown_between(low, high) > own + between:
            evidence = _evidence(before.location, replayed.delivery.location)
            yield conversation, low, high, evidence


def _evidence(before: Location, after: Location) -> tuple[Evidence, ...]:
    return Evidence("delivered", before), Evidence("delivered next", after)


def reordered(history: History) -> Iterator[Finding]:
    """Find numbers that contradict the order of sends or deliveries (R3, R4)."""
    for conversation in history.conversations.values():
        yield from _in_real_time(conversation)
    yield from _in_one_session(history)
    for device, replica in history.replicas():
        for replayed in replay(replica):
            if not replayed.repeated and _goes_back(replayed):
                yield _delivered_late(device, replayed)
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
            evidence = (Evidence("stored", earliest.known), Evidence("sent", send.location))
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
            evidence = (Evidence("sent", before[0].location), Evidence("sent then", send.location))
            yield Finding(text, evidence)
        else:
            latest[key] = send, message.number


def _goes_back(replayed: ReplayedDelivery) -> bool:
    """True if a new event does not come after those delivered to the device earlier."""
    delivery, previous, before = replayed.delivery, replayed.previous, replayed.before
    position = previous.position if previous else None
    number = before.message.number if before else None
    # `disagreement` reports two messages that share one number.
    return _is_less(delivery.position, position, or_equal=True) or _is_less(
        delivery.message.number, number
    )


def _is_less(one: int | None, other: int | None, *, or_equal: bool = False) -> bool:
    if one is None or other is None:
        return False
    return one < other or (or_equal and one == other)


def _delivered_late(device: Device, replayed: ReplayedDelivery) -> Finding:
    message = replayed.delivery.message
    before = replayed.before or replayed.previous
    text = f"{device.name} received message {message.id} after one that follows it"
    delivered = Evidence("delivered", replayed.delivery.location)
    return Finding(text, (Evidence("the later one", before.location), delivered) if before else ())


def _in_a_list(fetched: Fetched) -> Iterator[Finding]:
    numbers = [each.number for each in fetched.messages if each.number is not None]
    if any(high < low for low, high in pairwise(numbers)):
        text = f"a history of {fetched.conversation.id} is not in the order of its numbers"
        yield Finding(text, (Evidence("fetched", fetched.location),))


def disagreement(history: History) -> Iterator[Finding]:
    """Find records that disagree on a message, the holder of a number, or a position (R3)."""
    for message in history.messages.values():
        if message.genuine:
            for claim in message.doubts:
                yield _contradiction(message, claim)
            yield from _two_bodies(message)
    for conversation in history.conversations.values():
        yield from _one_number_for_two(conversation)
    yield from _two_positions(history)


def _contradiction(message: Message, claim: Claim) -> Finding:
    first = Claim(
        message.conversation, message.seq, message.sender, message.client_id, message.location
    )
    here, elsewhere = _differences(first, claim), _differences(claim, first)
    text = f"message {message.id} is {here}, and elsewhere {elsewhere}"
    return Finding(
        text, (Evidence("the one", message.location), Evidence("the other", claim.location))
    )


def _differences(claim: Claim, other: Claim) -> str:
    """The parts of a claim that differ from another."""
    parts = {
        "in": (claim.conversation, other.conversation),
        "number": (claim.seq, other.seq),
        "from": (claim.sender, other.sender),
        "sent as": (claim.client_id, other.client_id),
    }
    return ", ".join(
        f"{word} {mine}"
        for word, (mine, theirs) in parts.items()
        if mine != theirs and mine is not None and theirs is not None
    )


def _two_bodies(message: Message) -> Iterator[Finding]:
    """Both were sent under one key. `phantom` reports bodies that were never sent."""
    send = message.send
    if send is None or message.seen is None or message.acceptable:
        return
    sent = send.bodies
    for body, location in message.bodies.items():
        if body in sent and message.body in sent:
            text = f"message {message.id} was seen with two bodies, and was not edited"
            yield Finding(text, (Evidence("seen", message.seen), Evidence("seen", location)))


def _one_number_for_two(conversation: Conversation) -> Iterator[Finding]:
    ordered = conversation.ordered
    for one, other in pairwise(ordered):
        if one.seq == other.seq:
            text = (
                f"messages {one.id} and {other.id} both have number {one.seq} in {conversation.id}"
            )
            yield Finding(
                text, (Evidence("the one", one.location), Evidence("the other", other.location))
            )


def _two_positions(history: History) -> Iterator[Finding]:
    """A user has one log: all devices of the user see a message at the same position."""
    known: dict[tuple[str, str | None, Message], tuple[int, Location]] = {}
    for device, replica in history.replicas():
        for replayed in replay(replica):
            delivery, position = replayed.delivery, replayed.delivery.position
            if position is None or replayed.repeated or not delivery.message.genuine:
                continue
            key = (device.user, replica.epoch, delivery.message)
            first, location = known.setdefault(key, (position, delivery.location))
            if first != position:
                text = (
                    f"message {delivery.message.id} is at position {first} of the log of "
                    f"{device.user}, and on {device.name} at {position}"
                )
                evidence = (Evidence("the one", location), Evidence("the other", delivery.location))
                yield Finding(text, evidence)
