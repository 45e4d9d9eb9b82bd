"""Timers by name."""

import asyncio
from collections.abc import Callable


class Timers:
    """Each name has at most one timer that runs."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._running: dict[str, asyncio.TimerHandle] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._running

    @property
    def now(self) -> float:
        return self._loop.time()

    def set(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        """Call once, this many seconds from now, in place of an earlier timer of this name."""
        self.cancel(name)
        self._running[name] = self._loop.call_later(seconds, self._fire, name, call)

    def cancel(self, name: str) -> None:
        timer = self._running.pop(name, None)
        if timer is not None:
            timer.cancel()

    def cancel_all(self) -> None:
        for name in tuple(self._running):
            self.cancel(name)

    def _fire(self, name: str, call: Callable[[], None]) -> None:
        del self._running[name]
        call()
