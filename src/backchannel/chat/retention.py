"""Retention: the trimming of users' logs."""

import asyncio
import logging

from backchannel.chat.core import Core
from backchannel.domain.errors import ChatError

KEPT_MILLISECONDS = 90 * 86_400_000
KEPT_ENTRIES = 100_000
"""Entries of one user; a device further behind fetches the state afresh (`too_old`)."""
INTERVAL = 3_600.0
"""Seconds between two rounds."""

log = logging.getLogger(__name__)


async def trim(core: Core) -> int:
    """Trim the logs; return the number of entries removed. Raises `Unavailable`."""
    before = core.clock.now() - KEPT_MILLISECONDS
    return await core.storage.trim_logs(before=before, keep=KEPT_ENTRIES)


async def trim_forever(core: Core) -> None:
    """Keep the logs bounded until cancelled."""
    while True:
        await asyncio.sleep(INTERVAL)
        try:
            await trim(core)
        except ChatError as refusal:
            log.warning("the logs were not trimmed: %s", refusal)
