"""Pages are bounded by what they hold, not only by how many entries they have (rule R13)."""

from collections.abc import Iterable

from backchannel.domain.messages import Message

PAGE_BYTES = 3 << 18
"""Bytes of messages after which a page ends: it may have one message more than fits. The event loop
writes such a page in less than 5 ms."""


_ESCAPED = bytes(each for each in range(0x20) if each not in b"\t\n\r")
_ESCAPE = 5
"""Bytes that JSON adds to a control character: they take long to write, too."""


def size_of(message: Message) -> int:
    """The bytes of JSON that the variable parts of a message add to a page."""
    body = message.body.encode()
    escaped = len(body) - len(body.translate(None, _ESCAPED))
    return len(body) + _ESCAPE * escaped + len(message.files) + len(message.reactions)


def is_full(messages: Iterable[Message]) -> bool:
    """True if these messages fill a page."""
    return sum(map(size_of, messages)) >= PAGE_BYTES


def fitting(messages: list[Message]) -> list[Message]:
    """The first of these messages, up to the one that fills a page."""
    room = PAGE_BYTES
    for count, message in enumerate(messages, start=1):
        room -= size_of(message)
        if room <= 0:
            return messages[:count]
    return messages
