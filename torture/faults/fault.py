"""The interface of faults: a kind for the plan, and a method that injects the fault."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from torture.harness import Harness
from torture.plan import Kind, PlannedFault
from torture.single_server import SingleServer


class Missed(Exception):
    """A fault had no effect, so it did not happen; the text says why."""


class Fault:
    """Subclasses are named by `--faults` and say how long they take.

    `inject` returns once the fault is undone, or raises `Missed`. If it finds a broken rule, it
    adds to the breaches of the harness.
    """

    kind: ClassVar[Kind]
    for_one: ClassVar[bool] = True
    """True if it can hit a single server."""
    for_several: ClassVar[bool] = True
    """True if it can hit several servers."""

    def obstacle(self) -> str | None:
        """The reason why it cannot be tried on this machine; None if it can."""
        return None

    @contextmanager
    def prepared(self, server: SingleServer) -> Iterator[None]:  # noqa: ARG002 - for those who need it
        """Prepare the machine before the server starts; undone after it has ended."""
        yield

    async def inject(self, harness: Harness, planned: PlannedFault) -> None:
        raise NotImplementedError
