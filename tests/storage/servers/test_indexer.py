"""The task that brings the search index of a database server up to date."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest

from backchannel.storage.sql.servers.index import Indexer

STEP = 0.02
STEPS = 10


class DatabaseUnderWrites:
    """An open database, in which others may write during each step."""

    def __init__(self, *, busy: bool) -> None:
        self.written = asyncio.Event()
        self.steps: list[float] = []
        self.finished = asyncio.Event()
        self._busy = busy

    async def on_connection(self, work: Callable[[Any], Awaitable[bool]]) -> bool:
        self.steps.append(asyncio.get_running_loop().time())
        if self._busy:
            self.written.set()
        await asyncio.sleep(STEP)
        if len(self.steps) == STEPS:
            self.finished.set()
        return await work(None)


@pytest.mark.parametrize(("busy", "lengths"), [(True, 2), (False, 1)])
async def test_the_indexer_pauses_between_steps_only_while_others_write(
    *, busy: bool, lengths: int
) -> None:
    database = DatabaseUnderWrites(busy=busy)

    async def step(_driver: object) -> bool:
        return len(database.steps) < STEPS

    indexer = Indexer[Any](database, step)  # type: ignore[arg-type]
    await asyncio.wait_for(database.finished.wait(), 5)
    await indexer.close()
    between = [later - earlier for earlier, later in pairwise(database.steps)]
    # The shortest is not lengthened by other processes.
    assert lengths * STEP <= min(between) < (lengths + 0.9) * STEP
