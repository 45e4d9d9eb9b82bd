"""Reading messages, one by one or by page."""

from backchannel.domain.messages import Message
from backchannel.storage.mongodb.documents import MessageDocument, Place
from backchannel.storage.mongodb.pages import page_of
from backchannel.storage.mongodb.reader import (
    PAST_THE_END,
    View,
    find_one,
    get_one,
    in_conversation,
)
from backchannel.storage.mongodb.schema import MESSAGES
from backchannel.storage.shared.kept import verified


async def read_message(view: View, conversation_id: str, seq: int) -> Message | None:
    """The message in that place, if there is one."""
    return _message(await get_one(view, MESSAGES, Place(conversation_id, seq)))


async def read_message_by_id(view: View, message_id: str) -> Message | None:
    """The message of that id, if there is one."""
    return _message(await find_one(view, MESSAGES, {"message_id": message_id}))


async def read_history(
    view: View, conversation_id: str, *, before: int | None, after: int | None, limit: int
) -> list[Message]:
    """A page of a conversation, as `ports.storage.Messages.history` promises."""
    end = PAST_THE_END if before is None else before
    query = {"_id": in_conversation(conversation_id, after=after or 0, before=end)}
    page = await page_of(view, query, limit=limit, newest_first=after is None)
    return page[::-1] if after is None else page


async def read_standing(
    view: View, conversation_id: str, *, before: int | None, limit: int
) -> list[Message]:
    """Implements `ports.storage.Messages.standing`."""
    end = PAST_THE_END if before is None else before
    query = {"_id": in_conversation(conversation_id, before=end), "deleted_at": None}
    return (await page_of(view, query, limit=limit, newest_first=True))[::-1]


def _message(document: MessageDocument | None) -> Message | None:
    return None if document is None else verified(document.original())
