"""Disagreement: two records say different things of one message or one place (rule R3)."""

from collections.abc import Iterator
from itertools import pairwise

from backchannel.checker.history import History
from backchannel.checker.journal import Place
from backchannel.checker.model import Claim, Conversation, Message
from backchannel.checker.replay import replay
from backchannel.checker.verdict import Evidence, Finding


def judge(history: History) -> Iterator[Finding]:
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
        message.conversation, message.seq, message.sender, message.client_id, message.place
    )
    text = f"message {message.id} is {_words(first, claim)}, and elsewhere {_words(claim, first)}"
    return Finding(text, (Evidence("the one", message.place), Evidence("the other", claim.place)))


def _words(claim: Claim, other: Claim) -> str:
    """The parts of a claim that differ from another."""
    said = {
        "in": (claim.conversation, other.conversation),
        "number": (claim.seq, other.seq),
        "from": (claim.sender, other.sender),
        "sent as": (claim.client_id, other.client_id),
    }
    return ", ".join(
        f"{word} {mine}"
        for word, (mine, theirs) in said.items()
        if mine != theirs and mine is not None and theirs is not None
    )


def _two_bodies(message: Message) -> Iterator[Finding]:
    """Both were sent under one key. Of bodies that were not, `phantom` tells."""
    send = message.send
    if send is None or message.seen is None or message.acceptable:
        return
    sent = send.bodies
    for body, place in message.bodies.items():
        if body in sent and message.body in sent:
            text = f"message {message.id} was seen with two bodies, and was not edited"
            yield Finding(text, (Evidence("seen", message.seen), Evidence("seen", place)))


def _one_number_for_two(conversation: Conversation) -> Iterator[Finding]:
    ordered = conversation.ordered
    for one, other in pairwise(ordered):
        if one.seq == other.seq:
            text = (
                f"messages {one.id} and {other.id} both have number {one.seq} in {conversation.id}"
            )
            yield Finding(
                text, (Evidence("the one", one.place), Evidence("the other", other.place))
            )


def _two_positions(history: History) -> Iterator[Finding]:
    """A user's log is one: all its devices see a message at the same position."""
    known: dict[tuple[str, str | None, Message], tuple[int, Place]] = {}
    for device, life in history.lives():
        for taken in replay(life):
            delivery, position = taken.delivery, taken.delivery.position
            if position is None or taken.repeated or not delivery.message.genuine:
                continue
            key = (device.user, life.epoch, delivery.message)
            first, place = known.setdefault(key, (position, delivery.place))
            if first != position:
                text = (
                    f"message {delivery.message.id} is at position {first} of the log of "
                    f"{device.user}, and on {device.name} at {position}"
                )
                evidence = (Evidence("the one", place), Evidence("the other", delivery.place))
                yield Finding(text, evidence)
