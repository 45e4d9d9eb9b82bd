"""The calendar of a simulation, and the ids that are made from it."""

import asyncio
import contextlib
from collections.abc import Iterator
from unittest.mock import patch

from backchannel.domain import ids
from tests.simulation.template import BEGIN


class SimulatedClock:
    """`ports.security.Clock` on the loop's time; `set_by` is the calendar's error in seconds."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._made = 0
        self.set_by = 0.0

    def now(self) -> int:
        return BEGIN + round((self._loop.time() + self.set_by) * 1_000)

    def monotonic(self) -> float:
        return self._loop.time()

    def uuid7(self) -> str:
        """Ids as RFC 9562 describes them, with a counter in place of chance."""
        self._made += 1
        text = f"{self.now():012x}7{self._made % 0x1000:03x}8{self._made:015x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@contextlib.contextmanager
def ids_from(clock: SimulatedClock) -> Iterator[None]:
    """Make ids that follow from the seed."""
    with patch.object(ids, "uuid_utils", clock):
        yield
