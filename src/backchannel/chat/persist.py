"""Background work that must be completed, even if the database is unavailable for a while."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from backchannel.domain.errors import Overloaded, Unavailable

FIRST_WAIT = 0.5
"""Seconds before the second attempt; the wait doubles from one to the next."""
LONGEST_WAIT = 30.0

T = TypeVar("T")

log = logging.getLogger(__name__)


async def persist(attempt: Callable[[], Awaitable[T]]) -> T:
    """Retry `attempt` until the database is available. Raises its other refusals."""
    wait = FIRST_WAIT
    while True:
        try:
            return await attempt()
        except (Unavailable, Overloaded) as refusal:
            log.warning("tried again in %g s: %s", wait, refusal)
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)
