"""Noticing that the database is away, and that it is back (rule R9)."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from backchannel.domain.errors import Unavailable
from backchannel.storage.errors import CannotOpen
from backchannel.storage.sql.postgresql.driver import Driver
from backchannel.storage.sql.postgresql.faults import REFUSED

INTERVAL = 0.5
"""Seconds between two looks."""
PATIENCE = 3.0
"""Seconds after which a database that does not answer is away: even a busy one answers this."""

_logger = logging.getLogger("backchannel.storage")


class Watch:
    """Keeps a connection of its own, and asks over it again and again.

    While the database is away requests are refused at once: none has to find it out by itself.
    """

    def __init__(
        self,
        driver: Driver,
        reopen: Callable[[], Awaitable[Driver]],
        lost: Callable[[], Awaitable[None]],
    ) -> None:
        """`lost` is called when the database has gone away, `reopen` until it succeeds.

        What `reopen` refuses with `CannotOpen` is refused until the server is restarted.
        """
        self._driver = driver
        self._reopen = reopen
        self._lost = lost
        self._away: str | None = None
        self._task = asyncio.get_running_loop().create_task(self._run())

    def require(self) -> None:
        """Raise `Unavailable` while the database is away."""
        if self._away is not None:
            raise Unavailable(self._away, retry_after=1)

    async def close(self) -> None:
        """Look no more."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._driver.terminate()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL)
            try:
                await self._look()
            except CannotOpen as refusal:
                _logger.critical("the database is no longer used: %s", refusal)
                # Requests are refused with it: no name of a host or database may be in it.
                self._away = "the server no longer uses its database; its log says why"
                return
            except REFUSED as error:
                await self._note_away(error)

    async def _look(self) -> None:
        if self._away is None:
            async with asyncio.timeout(PATIENCE):
                await self._driver.execute("SELECT 1")
            return
        async with asyncio.timeout(PATIENCE):
            self._driver = await self._reopen()
        self._away = None
        _logger.warning("the database is back")

    async def _note_away(self, error: Exception) -> None:
        if self._away is None:
            self._away = "the database is away; nothing was stored"
            _logger.error("the database is away: %s", str(error) or type(error).__name__)
            self._driver.terminate()
            await self._lost()
