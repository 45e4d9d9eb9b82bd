"""History for clients that name messages by id and know nothing of deletion."""

from typing import Annotated

from litestar.params import QueryParameter

from backchannel.chat.conversations import PAGE_LIMIT, standing
from backchannel.chat.core import Core
from backchannel.domain import access
from backchannel.domain.errors import NotFound
from backchannel.domain.messages import Message

Limit = Annotated[
    int, QueryParameter(ge=1, le=PAGE_LIMIT, description="The most items on the page")
]
Before = Annotated[str | None, QueryParameter(description="Only messages before this one (an id)")]


async def standing_messages(
    core: Core, user_id: str, conversation_id: str, *, before: str | None, limit: int
) -> list[Message]:
    """The newest `limit` messages that have not been deleted, oldest first.

    Or those ahead of the message whose id is `before`; fewer than `limit` where they fill a
    page (`domain.pages`). The caller has checked that the conversation is the user's. Raises
    `NotFound` for a `before` that is not in it.
    """
    bound = None if before is None else await _seq_of(core, user_id, conversation_id, before)
    return await standing(core, user_id, conversation_id, before=bound, limit=limit)


async def _seq_of(core: Core, user_id: str, conversation_id: str, message_id: str) -> int:
    message = access.require_party(user_id, await core.storage.message_by_id(message_id))
    if message.conversation_id != conversation_id:
        raise NotFound("message not found")
    return message.seq
