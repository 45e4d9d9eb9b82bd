"""Reading many texts a part at a time: a thread that decodes them lets no other one run."""

from collections.abc import Iterator, Sequence

import msgspec

PART_BYTES = 1 << 18
"""Bytes of text that are read at a time, and one message more."""


class Sized(msgspec.Struct, frozen=True, gc=False):
    """The number of a message, and the bytes of its variable parts."""

    number: int
    size: int


def parts(messages: Sequence[Sized]) -> Iterator[list[int]]:
    """The numbers of the messages, in their order, which may be read together."""
    part: list[int] = []
    size = 0
    for message in messages:
        part.append(message.number)
        size += message.size
        if size >= PART_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part
