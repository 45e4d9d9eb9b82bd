"""Telling the peers of changed profiles, beside everything else and across restarts."""

import asyncio
import logging

from backchannel.chat.core import Core
from backchannel.domain.errors import ChatError

POLL_SECONDS = 1.0
"""The seconds between looks for changes that are due."""

log = logging.getLogger(__name__)


async def tell_peers_forever(core: Core) -> None:
    """Tell the peers of what is due until cancelled; what fails is tried again."""
    while True:
        try:
            await tell_peers(core)
        except ChatError as refusal:
            log.warning("peers could not be told of changed profiles: %s", refusal)
        await asyncio.sleep(POLL_SECONDS)


async def tell_peers(core: Core) -> None:
    """Tell the peers of everything that is due. Raises `Unavailable`, `Overloaded`."""
    while True:
        began = core.clock.monotonic()
        events = await core.storage.tell_profiles(at=core.clock.now())
        if events is None:
            return
        core.bus.publish(events)
        # Half of the writer's time is left to others.
        await asyncio.sleep(core.clock.monotonic() - began)
