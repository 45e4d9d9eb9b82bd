"""Duplicate: a device was given as new what it held already (rule R5)."""

from collections.abc import Iterator

from backchannel.checker.history import History
from backchannel.checker.model import Device, Fetched, Message
from backchannel.checker.replay import Taken, replay
from backchannel.checker.verdict import Evidence, Finding


def judge(history: History) -> Iterator[Finding]:
    for device, life in history.lives():
        for taken in replay(life):
            if taken.repeated:
                yield _again(device, taken)
    for fetched in history.fetched:
        yield from _listed_twice(fetched)


def _again(device: Device, taken: Taken) -> Finding:
    delivery, message = taken.delivery, taken.delivery.message
    again = Evidence("delivered", delivery.place)
    if taken.earlier is not None:
        text = f"{device.name} was given message {message.id} twice"
        return Finding(text, (Evidence("first", taken.earlier.place), again))
    text = (
        f"{device.name} held everything up to position {taken.floor}, and was given message "
        f"{message.id} at {delivery.position} as new"
    )
    return Finding(text, (again,))


def _listed_twice(fetched: Fetched) -> Iterator[Finding]:
    listed: set[Message] = set()
    for message in fetched.messages:
        if message in listed:
            text = f"a history of {fetched.conversation.id} lists message {message.id} twice"
            yield Finding(text, (Evidence("fetched", fetched.place),))
        listed.add(message)
