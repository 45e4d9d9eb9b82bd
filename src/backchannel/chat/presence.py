"""Typing and presence: told now or never."""

from collections.abc import Sequence

from backchannel.chat.core import Core
from backchannel.domain.conversations import ConversationView
from backchannel.domain.errors import NotFound
from backchannel.domain.ids import RESPONDER_ID, direct_conversation_id
from backchannel.domain.signals import Presence, Signal, Typing

WATCH_LIMIT = 200
"""Most users whose presence one device may watch."""


async def tell_typing(core: Core, user_id: str, conversation_id: str, *, active: bool) -> None:
    """Tell the other member that this one is writing, or has stopped. Raises `NotFound`."""
    view = await core.storage.conversation(user_id, conversation_id)
    if view is None:
        raise NotFound("conversation not found")
    if view.peer_id != RESPONDER_ID and not await _blocked(core, view, user_id):
        core.bus.signal(Signal(view.peer_id, Typing(conversation_id, user_id, active)))


async def watchable(core: Core, user_id: str, others: Sequence[str]) -> list[str]:
    """Those of `others` whose presence this user may see: the two have a conversation.

    Whoever has blocked this user, or is blocked, is not among them.
    """
    allowed: list[str] = []
    for other in others[:WATCH_LIMIT]:
        conversation_id = direct_conversation_id(user_id, other)
        view = await core.storage.conversation(user_id, conversation_id)
        if view is not None and not await _blocked(core, view, user_id):
            allowed.append(other)
    return allowed


def announce(core: Core, user_id: str, *, online: bool) -> None:
    """A user's first device has connected, or the last one has gone."""
    last_seen_at = None if online else core.clock.now()
    core.bus.signal(Signal(user_id, Presence(user_id, online, last_seen_at)))


async def _blocked(core: Core, view: ConversationView, user_id: str) -> bool:
    return view.peer_id in await core.storage.blocked(user_id) or user_id in (
        await core.storage.blocked(view.peer_id)
    )
