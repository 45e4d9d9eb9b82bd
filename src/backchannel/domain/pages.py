"""Pages are bounded by what they hold, not only by how many entries they have (rule R13)."""

from collections.abc import Iterable

from backchannel.domain.messages import Message

PAGE_BYTES = 1 << 20
"""Bytes of messages after which a page ends: it may have one message more than fits."""


def size_of(message: Message) -> int:
    """What a message adds to a page, in bytes."""
    return len(message.body.encode()) + len(message.files) + len(message.reactions)


def is_full(messages: Iterable[Message]) -> bool:
    """Whether these messages fill a page."""
    return sum(map(size_of, messages)) >= PAGE_BYTES


def fitting(messages: list[Message]) -> list[Message]:
    """The first of these messages, up to the one that fills a page."""
    room = PAGE_BYTES
    for count, message in enumerate(messages, start=1):
        room -= size_of(message)
        if room <= 0:
            return messages[:count]
    return messages
