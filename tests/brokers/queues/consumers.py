"""Consumers of a queue, and waiting for their work."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from backchannel.brokers.queues.shared import SharedQueue
from backchannel.domain.errors import Unavailable
from backchannel.ports.queue import Handle

FAR = 60.0
"""Seconds in which something must happen, also on a busy machine."""


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(FAR):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.01)


@asynccontextmanager
async def consuming(queue: SharedQueue, handle: Handle) -> AsyncGenerator[None]:
    task = asyncio.create_task(queue.consume(handle))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def collector(into: list[bytes]) -> Handle:
    async def handle(entry: bytes) -> None:
        into.append(entry)

    return handle


async def is_confirmed(queue: SharedQueue, entry: bytes, key: str = "a") -> bool:
    """Put an entry; return True if the queue confirms it."""
    try:
        await queue.put(key, entry, user_id="ada")
    except Unavailable:
        return False
    return True
