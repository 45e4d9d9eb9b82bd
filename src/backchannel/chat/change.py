"""Changes of a message: edit, delete, react."""

from backchannel.chat.core import Core
from backchannel.domain import revisions
from backchannel.domain.events import EventKind
from backchannel.domain.messages import Message
from backchannel.domain.revisions import Revise


async def edit(core: Core, user_id: str, conversation_id: str, seq: int, body: str) -> Message:
    """Give a message of the user's another body; beside files it may be empty.

    Raises `Invalid`, `NotFound` (strangers too), `Forbidden` (another's message, or one of
    the two has blocked the other) and `Conflict` (it has been deleted).
    """
    revise = revisions.edit(user_id, body, at=core.clock.now())
    return await _change(core, user_id, conversation_id, seq, EventKind.EDIT, revise)


async def delete(core: Core, user_id: str, conversation_id: str, seq: int) -> Message:
    """Leave a tombstone where a message of this user's was; deleting twice changes nothing.

    Raises `NotFound` and `Forbidden`.
    """
    revise = revisions.delete(user_id, at=core.clock.now())
    return await _change(core, user_id, conversation_id, seq, EventKind.DELETE, revise)


async def react(
    core: Core, user_id: str, conversation_id: str, seq: int, emoji: str, *, active: bool = True
) -> Message:
    """Put a user's reaction to a message, or take it back.

    Raises `Invalid` (no emoji, too many different ones), `NotFound`, `Blocked` and `Conflict`
    (deleted), and as all of these `Throttled`.
    """
    revise = revisions.react(user_id, emoji, active=active)
    return await _change(core, user_id, conversation_id, seq, EventKind.REACTION, revise)


async def _change(
    core: Core,
    user_id: str,
    conversation_id: str,
    seq: int,
    kind: EventKind,
    revise: Revise,
) -> Message:
    core.writing.spend(user_id)
    changed = await core.storage.change(conversation_id, seq, kind, revise)
    core.writing.charge(user_id, changed.events, changed.message)
    core.bus.publish(changed.events)
    return changed.message
