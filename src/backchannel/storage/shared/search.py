"""Searching in messages: reading them in parts, and the number of a message at a time.

They are read in parts, because decoding texts blocks all other threads.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Protocol, TypeVar

PART_BYTES = 1 << 18
"""Bytes of text that are read at a time, and one message more."""

CLOCK_SKEW = 3_600_000
"""Milliseconds by which a message may be older than one before it: clocks are set, and differ."""


class Sized(Protocol):
    """A message that has not been read yet."""

    @property
    def size(self) -> int:
        """The bytes of its variable parts."""
        ...


S = TypeVar("S", bound=Sized)


def parts(messages: Sequence[S]) -> Iterator[list[S]]:
    """The messages, in their order, as lists that may be read together."""
    part: list[S] = []
    size = 0
    for message in messages:
        part.append(message)
        size += message.size
        if size >= PART_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


async def number_at_time(
    moment: int, end: int, created_at: Callable[[int], Awaitable[int | None]]
) -> int:
    """A message number, at most `end`, below which are all messages older than `moment`.

    `moment` is in milliseconds since 1970. `created_at` returns the time of the last message
    up to a number, None if there is none; it is asked about as often as `end` has bits.
    """
    low, high = 0, end
    while low < high:
        middle = (low + high) // 2
        at = await created_at(middle)
        if at is None or at < moment + CLOCK_SKEW:
            low = middle + 1
        else:
            high = middle
    return high
