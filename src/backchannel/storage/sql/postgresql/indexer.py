"""Bringing the index for searching up to date, beside all other work.

Each step is one short transaction, so that a process that dies in between leaves nothing half
done. Of several processes one works at a time.
"""

import asyncio
import contextlib
import logging

from backchannel.domain.errors import ChatError
from backchannel.storage.sql.postgresql.database import PostgresqlDatabase
from backchannel.storage.sql.postgresql.driver import Driver
from backchannel.storage.sql.postgresql.index import grams

STEP_MESSAGES = 128
STEP_CHARACTERS = 65_536
"""Most that one step takes in: some milliseconds of Python."""
INTERVAL = 1.0
"""Seconds between two looks for what another process has written."""
LOCK = 0x6261636B_00000002
"""The advisory lock of who indexes; see `docs/databases.md`."""

TAKE_TURN = "SELECT pg_try_advisory_xact_lock($1)"
AWAIT_TURN = "SELECT pg_advisory_xact_lock($1)"
PENDING = """
SELECT pending.id, pending.number, coalesce(length(body), 0)
FROM search_pending AS pending LEFT JOIN message ON message.number = pending.number
ORDER BY pending.id LIMIT $1
"""
TEXTS = """
SELECT message.number, body, first, second, conversation.number
FROM message JOIN conversation ON conversation.number = message.conversation
WHERE message.number = ANY($1) AND body <> ''
"""
FORGET = "DELETE FROM search_entry WHERE number = ANY($1)"
ADD = "INSERT INTO search_entry (number, grams) VALUES ($1, $2)"
DONE = "DELETE FROM search_pending WHERE id = ANY($1)"

_logger = logging.getLogger("backchannel.storage")


class Indexer:
    """Works on the thread of the database, after each write and now and then."""

    def __init__(self, database: PostgresqlDatabase) -> None:
        self._database = database
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Go on no longer."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        while True:
            try:
                while await self._database.on_connection(step):
                    pass
            except ChatError:
                await asyncio.sleep(INTERVAL)
            except Exception:
                _logger.exception("the index for searching could not be brought up to date")
                await asyncio.sleep(INTERVAL)
            self._database.written.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL):
                    await self._database.written.wait()


async def step(driver: Driver) -> bool:
    """Index a bounded number of messages; True if there are more.

    False as well while another process indexes.
    """
    async with driver.transaction():
        return bool(await driver.fetchval(TAKE_TURN, LOCK)) and await _index(driver)


async def step_in_turn(driver: Driver) -> bool:
    """As `step`, after another process that indexes; False only if nothing is left."""
    async with driver.transaction():
        await driver.execute(AWAIT_TURN, LOCK)
        return await _index(driver)


async def _index(driver: Driver) -> bool:
    """Index what is next, as the process that has the lock."""
    pending = await driver.fetch(PENDING, STEP_MESSAGES)
    taken, characters = 0, 0
    for _, _, size in pending:
        characters += size
        if taken and characters > STEP_CHARACTERS:
            break
        taken += 1
    numbers = list({number for _, number, _ in pending[:taken]})
    # Read only now: a change that comes later has a pending row of its own.
    texts = await driver.fetch(TEXTS, numbers)
    await driver.execute(FORGET, numbers)
    await driver.executemany(
        ADD,
        [
            (number, grams(body, first=first, second=second, conversation=place))
            for number, body, first, second, place in texts
        ],
    )
    await driver.execute(DONE, [each for each, _, _ in pending[:taken]])
    return taken < len(pending) or len(pending) == STEP_MESSAGES
