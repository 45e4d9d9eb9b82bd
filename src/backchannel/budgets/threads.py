"""Blocking work in a thread that ends before its caller continues, even if that is cancelled.

A thread cannot be cancelled. If its task ended at once, it would release the turn, the lock or the
file that the thread still uses.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """Do `work` in a thread and wait for its end; only then is a cancellation raised."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([running])
        if not running.cancelled():
            running.exception()  # no caller is left to get it
        raise
