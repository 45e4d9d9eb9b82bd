"""What a fault is to a run: a kind for the plan, and a way to strike."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from torture.host import Host
from torture.plan import Kind, Strike
from torture.stage import Stage


class Missed(Exception):
    """A fault had no effect, so it did not happen; the text says why."""


class Fault:
    """Subclasses are named by `--faults` and say how long they take.

    A strike returns once its harm is undone, or raises `Missed`. What it sees that a rule forbids
    it adds to the stage's breaches.
    """

    kind: ClassVar[Kind]

    def obstacle(self) -> str | None:
        """Why it cannot be tried on this machine; None if it can."""
        return None

    @contextmanager
    def prepared(self, host: Host) -> Iterator[None]:  # noqa: ARG002 - for those who need it
        """What has to be so before the server starts, undone after it has ended."""
        yield

    async def strike(self, stage: Stage, strike: Strike) -> None:
        raise NotImplementedError
