"""Typing and presence: sent at once, and never stored."""

from backchannel.chat.core import Core
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.privacy import Shared
from backchannel.domain.signals import Acquaintance, Presence, Signal, Typing

WATCH_LIMIT = 200
"""Most users whose presence one device may watch."""


async def tell_typing(core: Core, user_id: str, conversation_id: str, *, active: bool) -> None:
    """Tell the other member that this one is writing, or has stopped.

    Raises `NotFound` and `Throttled`. Nothing is told to a user who has not written yet, or
    where one has blocked the other, or where one of them hides it.
    """
    core.writing.spend(user_id)
    peer_id = await core.directory.find_peer(user_id, conversation_id)
    if peer_id == RESPONDER_ID:
        return
    if await core.storage.acquainted(user_id, [peer_id], Shared.TYPING):
        core.bus.signal(Signal(peer_id, Typing(conversation_id, user_id, active)))


def announce(core: Core, user_id: str, *, online: bool) -> None:
    """A user's first device has connected, or the last one has gone."""
    last_seen_at = None if online else core.clock.now()
    core.bus.signal(Signal(user_id, Presence(user_id, online, last_seen_at)))


async def acquaint(core: Core, user_id: str, other_id: str) -> None:
    """Make the watches of two users fit a block that has just been set or lifted."""
    visible = bool(await core.storage.acquainted(user_id, [other_id], Shared.LAST_SEEN))
    core.bus.signal(Signal(user_id, Acquaintance(other_id, visible)))
    core.bus.signal(Signal(other_id, Acquaintance(user_id, visible)))
