"""Lost: a message was acknowledged or delivered, and it is not there (rules R1, R8)."""

from collections.abc import Iterator

from backchannel.checker.history import History
from backchannel.checker.model import Fetched, Message
from backchannel.checker.owed import missing
from backchannel.checker.verdict import Evidence, Finding


def judge(history: History) -> Iterator[Finding]:
    """Messages that a complete history lacks, and those that reached nobody.

    Of messages that a device lacks and another one has, `incomplete` tells.
    """
    reported: set[Message] = set()
    for fetched in history.fetched:
        for message in _lacking(fetched):
            if message not in reported:
                reported.add(message)
                what = f"{fetched.device} fetched the whole conversation without it"
                yield _finding(message, Evidence(what, fetched.place))
    for device, message, witness in missing(history):
        if message.seen is None and message not in reported:
            reported.add(message)
            what = f"{device.name} should have been told of it by now"
            yield _finding(message, Evidence(what, witness))


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


def _finding(message: Message, witness: Evidence) -> Finding:
    send = message.send
    if send is not None and send.acknowledged is not None:
        told = Evidence(f"acknowledged as {message.id}", send.acknowledged)
    else:
        told = Evidence(f"delivered as {message.id}", message.known)
    sender = message.sender
    return Finding(f"message {message.id} of {sender} was confirmed and is gone", (told, witness))
