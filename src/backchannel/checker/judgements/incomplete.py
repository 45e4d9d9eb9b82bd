"""Incomplete: a device did not receive a message that others have (rules R3, R5)."""

from collections.abc import Iterator

from backchannel.checker.history import History
from backchannel.checker.owed import missing
from backchannel.checker.verdict import Evidence, Finding


def judge(history: History) -> Iterator[Finding]:
    """Of messages that nobody has, `lost` tells."""
    for device, message, witness in missing(history):
        if message.seen is not None:
            text = f"{device.name} of {device.user} was never told of message {message.id}"
            evidence = (
                Evidence("seen elsewhere", message.seen),
                Evidence("should be known by then", witness),
            )
            yield Finding(text, evidence)
