"""The index for searching in a server: its queries, and the task that brings it up to date."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, Table, select, union

from backchannel.domain.errors import ChatError
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.rows import MESSAGES
from backchannel.storage.sql.schema import message
from backchannel.storage.sql.search import Index, candidates, in_scope
from backchannel.storage.sql.servers.connection import Driver
from backchannel.storage.sql.servers.database import ServerDatabase

D = TypeVar("D", bound=Driver)

INTERVAL = 1.0
"""Seconds between two checks for writes by other processes."""
GATHERING = 0.05
"""Seconds for which writes gather before they are indexed together."""
PAUSES = 1
"""The length of a pause, in lengths of the step before it."""

_logger = logging.getLogger("backchannel.storage")


def index_with(
    indexed: Select[Any],
    pending: Table,
    match: Callable[[Sequence[str], int, int | None], object],
) -> Index:
    """The index of which `indexed` finds the messages, and `pending` has the numbers of the others.

    `match` is that of `sql.search.Index`.
    """
    others = (
        select(message.c.number)
        .select_from(MESSAGES.join(pending, pending.c.number == message.c.number))
        .where(message.c.number < parameter("before"), in_scope)
        .order_by(message.c.number.desc())
        .limit(parameter("page"))
    )
    numbers = union(select(indexed.subquery()), select(others.subquery()))
    return Index(candidates(numbers), match)


class Indexer(Generic[D]):
    """Runs on the thread of the database, after each write and at intervals."""

    def __init__(self, database: ServerDatabase[D], step: Callable[[D], Awaitable[bool]]) -> None:
        """`step` indexes a bounded number of messages; it returns True if there are more."""
        self._database = database
        self._step = step
        self._closing = False
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """End the task."""
        # A driver may suppress the cancellation.
        self._closing = True
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        while not self._closing:
            try:
                while await self._take_step() and not self._closing:
                    pass
            except ChatError:
                await asyncio.sleep(INTERVAL)
            except Exception:
                _logger.exception("the index for searching could not be brought up to date")
                await asyncio.sleep(INTERVAL)
            if self._closing:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL):
                    await self._database.written.wait()
            await asyncio.sleep(GATHERING)

    async def _take_step(self) -> bool:
        """Take a step, and pause if others have written meanwhile; True if there is more to do."""
        self._database.written.clear()
        loop = asyncio.get_running_loop()
        began = loop.time()
        more = await self._database.on_connection(self._step)
        if more and self._database.written.is_set():
            await asyncio.sleep(PAUSES * (loop.time() - began))
        return more
