"""Privacy settings of users."""

from backchannel.chat.core import Core
from backchannel.domain.privacy import Audience, Privacy, PrivacyPatch
from backchannel.domain.signals import Hiding, Signal


async def privacy(core: Core, user_id: str) -> Privacy:
    """A user's privacy settings. Raises `NotFound`."""
    return await core.storage.privacy(user_id)


async def change_privacy(core: Core, user_id: str, patch: PrivacyPatch) -> Privacy:
    """Change what a user lets others learn, and tell the user's other devices.

    What others know already stays known; presence ends at once, on open sockets too. Raises
    `NotFound` and `Throttled`.
    """
    core.writing.spend(user_id)
    changed, events = await core.storage.change_privacy(user_id, patch, at=core.clock.now())
    core.bus.publish(events)
    if changed.last_seen is Audience.NOBODY:
        core.bus.signal(Signal(user_id, Hiding()))
    return changed
