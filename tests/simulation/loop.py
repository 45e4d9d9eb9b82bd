"""An event loop without sockets, threads or waiting: time jumps, and order is random."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

MOST_TURNS = 1_000_000


class Stuck(Exception):
    """Nothing can happen from now on, or the same thing happens forever."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """Its clock stands still while callbacks run, and then jumps to the next timer.

    Callbacks that are ready at the same moment run in an order that `rng` chooses; with `disorder`
    0, in the order in which they became ready. Everything else is that of `BaseEventLoop`.
    """

    _ready: deque[asyncio.Handle]

    def __init__(self, rng: Random, *, disorder: float) -> None:
        super().__init__()
        self._rng = rng
        self._disorder = disorder
        self._now = 0.0
        self._turns = 0
        # `BaseEventLoop` uses this as its selector: events from outside, and the wait for them.
        self._selector = self

    def time(self) -> float:
        return self._now

    def select(self, timeout: float | None) -> list[Any]:
        """Wait, as a selector does; here, waiting advances the clock."""
        self._turns += 1
        if timeout is None or self._turns > MOST_TURNS:
            raise Stuck(f"at {self._now:.3f} s, after {self._turns} turns")
        self._now += timeout
        if len(self._ready) > 1 and self._rng.random() < self._disorder:
            shuffled = list(self._ready)
            self._rng.shuffle(shuffled)
            self._ready = deque(shuffled)
        return []

    def _process_events(self, event_list: list[Any]) -> None:
        """There are no events from outside."""

    def _write_to_self(self) -> None:
        """There is no other thread that wakes the loop."""

    def run_in_executor(  # type: ignore[override] # whatever the arguments are
        self, *_: Any
    ) -> Any:
        raise RuntimeError("a simulation has no threads")


def run(main: Callable[[], Coroutine[Any, Any, T]], rng: Random, *, disorder: float) -> T:
    """Run `main` to its end on a new loop. Raises `Stuck`, and all errors of callbacks."""
    loop = SimulatedLoop(rng, disorder=disorder)
    raised: list[BaseException] = []

    def keep(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        raised.append(context.get("exception") or RuntimeError(str(context)))

    loop.set_exception_handler(keep)
    try:
        result = loop.run_until_complete(main())
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left))
    finally:
        loop.close()
    if raised:
        raise raised[0]
    return result
