"""The health check of a database server, which may go away and come back (rule R9)."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from backchannel.domain.errors import Unavailable
from backchannel.storage import CannotOpen
from backchannel.storage.sql.servers.connection import Driver
from backchannel.telemetry.failures import reason

D = TypeVar("D", bound=Driver)

INTERVAL = 0.5
"""Seconds between two checks."""
TIMEOUT = 3.0
"""Seconds after which a database that does not answer is away: even a busy one answers this."""

_logger = logging.getLogger("backchannel.storage")


class HealthCheck(Generic[D]):
    """Asks the database at intervals, over a connection that is used for nothing else.

    While the database is away, requests are refused at once instead of after a timeout each.
    """

    def __init__(
        self,
        driver: D,
        look: Callable[[D], Awaitable[None]],
        reopen: Callable[[], Awaitable[D]],
        lost: Callable[[], Awaitable[None]],
        *,
        refused: tuple[type[Exception], ...],
    ) -> None:
        """`look` raises for a database that has gone away or was replaced.

        Then `lost` is called, and `reopen` until it succeeds. If `look` or `reopen` raises
        `CannotOpen`, requests are refused until the server is restarted. `refused` are all errors
        of the driver.
        """
        self._driver = driver
        self._look_at = look
        self._reopen = reopen
        self._lost = lost
        self._refused = refused
        self._away: str | None = None
        self._closing = False
        self._task = asyncio.get_running_loop().create_task(self._run())

    def require(self) -> None:
        """Raise `Unavailable` while the database is away."""
        if self._away is not None:
            raise Unavailable(self._away, retry_after=1)

    async def close(self) -> None:
        """End the check."""
        # A driver may suppress the cancellation.
        self._closing = True
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._driver.terminate()

    async def _run(self) -> None:
        while not self._closing:
            await asyncio.sleep(INTERVAL)
            try:
                await self._look()
            except CannotOpen as refusal:
                _logger.critical("the database is no longer used: %s", refusal)
                # Clients see this text: it may not contain the name of a host or database.
                self._away = "the server no longer uses its database; its log says why"
                return
            except self._refused as error:
                await self._note_away(error)

    async def _look(self) -> None:
        if self._away is None:
            await self._ask()
            return
        async with asyncio.timeout(TIMEOUT):
            self._driver = await self._reopen()
        self._away = None
        _logger.warning("the database is available again")

    async def _ask(self) -> None:
        limit = asyncio.timeout(TIMEOUT)
        try:
            async with limit:
                await self._look_at(self._driver)
        except self._refused as error:
            if limit.expired():  # a driver may report the cancellation instead
                raise TimeoutError from error
            raise

    async def _note_away(self, error: Exception) -> None:
        if self._away is None:
            self._away = "the database is unavailable; nothing was stored"
            _logger.error("the database is unavailable: %s", reason(error))
            self._driver.terminate()
            await self._lost()
