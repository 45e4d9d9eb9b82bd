"""Sessions: a user's conversations with the server's responder."""

from backchannel.chat.core import Core
from backchannel.domain.characters import is_text
from backchannel.domain.conversations import ConversationKind, ConversationView
from backchannel.domain.errors import Invalid, NotFound
from backchannel.domain.ids import new_id, session_conversation_id
from backchannel.domain.signals import AnswerStopped

KEY_LIMIT = 128
"""Longest name a client may address a session by, in characters."""
NAME_LIMIT = 200
"""Longest title of a session, in characters."""
UNNAMED = "New session"
"""The title of a session that was given none."""


async def open_session(
    core: Core, user_id: str, *, key: str | None = None, name: str = UNNAMED
) -> ConversationView:
    """The user's session with this key, created if necessary; a new one without a key.

    Raises `Invalid`, and `Throttled` if one would have to be created.
    """
    name = _checked(name)
    if key is None:
        key = new_id()
    if not is_text(key):
        raise Invalid("sessionId must be text without NUL characters", field="sessionId")
    if not 1 <= len(key) <= KEY_LIMIT:
        raise Invalid(f"sessionId must have 1 to {KEY_LIMIT} characters", field="sessionId")
    view = await core.storage.conversation(user_id, session_conversation_id(user_id, key))
    if view is not None:
        return view
    await core.throttle.admit(f"session:user:{user_id}")
    at = core.clock.now()
    view, events = await core.storage.create_session(user_id, key, name=name, at=at)
    core.publisher.publish(events)
    return view


async def ensure_session(core: Core, user_id: str) -> None:
    """Open a session for a user who has none."""
    storage = core.storage
    if not await storage.conversations(
        user_id, before=None, limit=1, kind=ConversationKind.SESSION
    ):
        await open_session(core, user_id)


async def find_session(core: Core, user_id: str, key: str) -> ConversationView:
    """The user's session with this key. Raises `NotFound`."""
    view = await core.storage.conversation(user_id, session_conversation_id(user_id, key))
    if view is None:
        raise NotFound("session not found", field="sessionId")
    return view


async def rename_session(core: Core, user_id: str, key: str, name: str) -> None:
    """Raises `Invalid`, `NotFound` and `Throttled`."""
    core.write_limits.spend(user_id)
    at = core.clock.now()
    core.publisher.publish(
        await core.storage.rename_session(user_id, key, name=_checked(name), at=at)
    )


async def delete_session(core: Core, user_id: str, key: str) -> None:
    """Raises `NotFound` and `Throttled`."""
    core.write_limits.spend(user_id)
    core.publisher.publish(await core.storage.delete_session(user_id, key, at=core.clock.now()))


async def stop_answer(core: Core, user_id: str, conversation_id: str) -> None:
    """Stop the current answer in a session; the text so far is kept.

    Raises `NotFound`, for other people's sessions too (S11).
    """
    view = await core.storage.conversation(user_id, conversation_id)
    if view is None or view.kind is not ConversationKind.SESSION:
        raise NotFound("session not found")
    core.answers.stop(conversation_id)
    core.bus.notify(AnswerStopped(conversation_id))


def _checked(name: str) -> str:
    if not is_text(name):
        raise Invalid("name must be text without NUL characters", field="name")
    if not name.strip() or len(name) > NAME_LIMIT:
        raise Invalid(f"name must have 1 to {NAME_LIMIT} characters", field="name")
    return name
