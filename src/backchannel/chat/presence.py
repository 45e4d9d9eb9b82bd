"""Typing and presence, sent at once and never stored, and the settings of their visibility."""

from backchannel.chat.core import Core
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.signals import Hiding, Signal, Typing, Visibility
from backchannel.domain.users import Audience, Privacy, PrivacyPatch, Shared

WATCH_LIMIT = 200
"""Most users whose presence one device may watch."""


async def notify_typing(core: Core, user_id: str, conversation_id: str, *, active: bool) -> None:
    """Tell the other member that this one is writing, or has stopped.

    Raises `NotFound` and `Throttled`. The other member is not notified before they have written, if
    one has blocked the other, or if one of them hides typing.
    """
    core.write_limits.spend(user_id)
    peer_id = await core.directory.find_peer(user_id, conversation_id)
    if peer_id == RESPONDER_ID:
        return
    if await core.storage.acquainted(user_id, [peer_id], Shared.TYPING):
        core.bus.signal(Signal(peer_id, Typing(conversation_id, user_id, active)))


async def signal_visibility(core: Core, user_id: str, other_id: str) -> None:
    """Update the watches of two users after a block was set or lifted."""
    visible = bool(await core.storage.acquainted(user_id, [other_id], Shared.LAST_SEEN))
    core.bus.signal(Signal(user_id, Visibility(other_id, visible)))
    core.bus.signal(Signal(other_id, Visibility(user_id, visible)))


async def privacy(core: Core, user_id: str) -> Privacy:
    """A user's privacy settings. Raises `NotFound`."""
    return await core.storage.privacy(user_id)


async def change_privacy(core: Core, user_id: str, patch: PrivacyPatch) -> Privacy:
    """Change a user's privacy settings, and notify the user's other devices.

    Others keep what they already know; presence ends at once, on open sockets too. Raises
    `NotFound` and `Throttled`.
    """
    core.write_limits.spend(user_id)
    changed, events = await core.storage.change_privacy(user_id, patch, at=core.clock.now())
    core.publisher.publish(events)
    if changed.last_seen is Audience.NOBODY:
        core.bus.signal(Signal(user_id, Hiding()))
    return changed
