"""Messages that devices should have received, and did not or twice: lost, incomplete, duplicate."""

from collections.abc import Iterator

from backchannel.checker.history import History
from backchannel.checker.model import Device, Fetched, Message
from backchannel.checker.owed import ReplayedDelivery, missing, replay
from backchannel.checker.verdict import Evidence, Finding


def lost(history: History) -> Iterator[Finding]:
    """Find confirmed messages that a complete history lacks or that no device received (R1, R8)."""
    reported: set[Message] = set()
    for fetched in history.fetched:
        for message in _lacking(fetched):
            if message not in reported:
                reported.add(message)
                text = f"{fetched.device} fetched the whole conversation without it"
                yield _lost_message(message, Evidence(text, fetched.location))
    for device, message, witness in missing(history):
        if message.seen is None and message not in reported:
            reported.add(message)
            text = f"{device.name} should have received it by now"
            yield _lost_message(message, Evidence(text, witness))


def _lacking(fetched: Fetched) -> Iterator[Message]:
    """Messages that a history lacks: known when it was requested, or numbered below its last."""
    if not fetched.complete:
        return
    present = set(fetched.messages)
    last = max((each.number or 0 for each in fetched.messages), default=0)
    for message in fetched.conversation.messages:
        if message.known_at >= fetched.asked:
            break
        if message not in present and message.genuine and not message.deleted:
            yield message
    for message in fetched.conversation.between(0, last):
        if message not in present and not message.deleted:
            yield message


def _lost_message(message: Message, witness: Evidence) -> Finding:
    send = message.send
    if send is not None and send.acknowledged is not None:
        confirmed = Evidence(f"acknowledged as {message.id}", send.acknowledged)
    else:
        confirmed = Evidence(f"delivered as {message.id}", message.known)
    text = f"message {message.id} of {message.sender} was confirmed and is gone"
    return Finding(text, (confirmed, witness))


def incomplete(history: History) -> Iterator[Finding]:
    """Find messages that a device never received and another one has (R3, R5)."""
    for device, message, witness in missing(history):
        if message.seen is not None:
            text = f"{device.name} of {device.user} never received message {message.id}"
            evidence = (
                Evidence("seen elsewhere", message.seen),
                Evidence("should be known by then", witness),
            )
            yield Finding(text, evidence)


def duplicate(history: History) -> Iterator[Finding]:
    """Find messages that a device received as new, although it already held them (R5)."""
    for device, replica in history.replicas():
        for replayed in replay(replica):
            if replayed.repeated:
                yield _received_twice(device, replayed)
    for fetched in history.fetched:
        yield from _listed_twice(fetched)


def _received_twice(device: Device, replayed: ReplayedDelivery) -> Finding:
    delivery, message = replayed.delivery, replayed.delivery.message
    again = Evidence("delivered", delivery.location)
    if replayed.earlier is not None:
        text = f"{device.name} was given message {message.id} twice"
        return Finding(text, (Evidence("first", replayed.earlier.location), again))
    text = (
        f"{device.name} held everything up to position {replayed.floor}, and was given message "
        f"{message.id} at {delivery.position} as new"
    )
    return Finding(text, (again,))


def _listed_twice(fetched: Fetched) -> Iterator[Finding]:
    listed: set[Message] = set()
    for message in fetched.messages:
        if message in listed:
            text = f"a history of {fetched.conversation.id} lists message {message.id} twice"
            yield Finding(text, (Evidence("fetched", fetched.location),))
        listed.add(message)
