"""An event loop without sockets, threads or waiting: time jumps, and order is random."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

MOST_TURNS = 1_000_000


class Stuck(Exception):
    """Nothing can happen any more, or something happens for ever."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """Its clock stands still while callbacks run, and then jumps to the next timer.

    What is ready at the same moment runs in an order that `rng` choose; with `disorder` 0 in
    the order in which it became ready. Everything else is `BaseEventLoop`'s own.
    """

    _ready: deque[asyncio.Handle]

    def __init__(self, rng: Random, *, disorder: float) -> None:
        super().__init__()
        self._rng = rng
        self._disorder = disorder
        self._now = 0.0
        self._turns = 0
        # `BaseEventLoop` asks this for what has happened outside, and how long to wait for it.
        self._selector = self

    def time(self) -> float:
        return self._now

    def select(self, timeout: float | None) -> list[Any]:
        """Wait, as a selector does. Here, waiting is adding."""
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
        """Nothing ever comes from outside."""

    def _write_to_self(self) -> None:
        """There is no other thread to be woken from."""

    def run_in_executor(  # type: ignore[override] # whatever the arguments are
        self, *_: Any
    ) -> Any:
        raise RuntimeError("a simulation has no threads")


def run(main: Callable[[], Coroutine[Any, Any, T]], rng: Random, *, disorder: float) -> T:
    """Run `main` to its end on a loop of its own. Raises `Stuck`, and what callbacks raise."""
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
