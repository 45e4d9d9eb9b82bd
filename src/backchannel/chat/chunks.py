"""Gathers incoming bytes into pieces that are large enough to write."""

from collections.abc import AsyncIterable, AsyncIterator

WRITE = 1 << 18
"""Bytes written to disk at a time."""

Chunks = AsyncIterable[bytes]


async def gathered(chunks: Chunks) -> AsyncIterator[bytes]:
    """The same bytes in pieces large enough to write, including those before an interruption."""
    waiting = bytearray()
    try:
        async for chunk in chunks:
            waiting += chunk
            if len(waiting) >= WRITE:
                yield bytes(waiting)
                waiting.clear()
    except Exception:
        if waiting:
            yield bytes(waiting)
        raise
    if waiting:
        yield bytes(waiting)
