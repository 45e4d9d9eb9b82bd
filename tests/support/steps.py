"""The time that one step keeps the event loop: a callback, or a task until it waits.

Only asyncio's own loop can be measured, since uvloop calls callbacks without a `Handle._run`. CPU
time of the loop's thread counts, so that a busy machine and other threads make no difference.
"""

import asyncio
import gc
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast


@dataclass
class Steps:
    """The longest step so far, in seconds, and what it ran."""

    longest: float = 0.0
    what: str = ""

    def note(self, seconds: float, handle: asyncio.Handle) -> None:
        if seconds > self.longest:
            self.longest, self.what = seconds, repr(handle)[:200]

    def take(self) -> float:
        """The longest step since the last call."""
        longest, self.longest = self.longest, 0.0
        return longest


@contextmanager
def measured_steps() -> Generator[Steps]:
    """Measure every step of the asyncio loops of this thread."""
    steps = Steps()
    thread = threading.get_ident()
    handle = cast("Any", asyncio.Handle)
    original = handle._run

    def run(self: asyncio.Handle) -> None:
        if threading.get_ident() != thread:
            original(self)
            return
        began = time.thread_time()
        try:
            original(self)
        finally:
            steps.note(time.thread_time() - began, self)

    handle._run = run
    # A garbage collection would measure the objects of earlier tests, not those of the server.
    gc.collect()
    gc.freeze()
    try:
        yield steps
    finally:
        gc.unfreeze()
        handle._run = original
