"""Message requests: created and added to by messages, answered by the recipient."""

from backchannel.domain.conversations import REQUEST_MESSAGES, RequestUnanswered, count_request
from backchannel.domain.errors import Blocked, NotFound
from backchannel.domain.events import ConversationChange, Event, EventKind, EventPayload
from backchannel.storage.mongodb.blocks import end_restriction
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.documents import ConversationDocument, MessageKey
from backchannel.storage.mongodb.log_writer import LogWriter
from backchannel.storage.mongodb.messages import read_history
from backchannel.storage.mongodb.reader import get_one
from backchannel.storage.mongodb.schema import CONVERSATIONS
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.methods import StorageMethods, writing


def admit(
    logs: LogWriter,
    sender_id: str,
    recipient_id: str,
    conversation: ConversationDocument,
    *,
    at: int,
) -> list[Event]:
    """Admit one more message, which may begin or accept a request.

    The events tell the recipient's devices of a new request. Raises `Throttled` and
    `RequestUnanswered`.
    """
    if not conversation.last_seq:
        sender, recipient = logs.users.get(sender_id), logs.users.get(recipient_id)
        if sender is None or recipient is None or not recipient.takes_requests:
            return []
        sender.requests_whole_at = count_request(sender.requests_whole_at, at)
        conversation.asked_id = recipient_id
        return logs.add(recipient_id, _change(conversation, "requested"), at=at)
    if conversation.asked_id == recipient_id and conversation.last_seq >= REQUEST_MESSAGES:
        raise RequestUnanswered
    if conversation.asked_id == sender_id:
        # No one is notified of these events: devices see the gap and read them from the log.
        for seq in range(1, conversation.last_seq + 1):
            logs.enter_message(sender_id, MessageKey(conversation.id, seq), own=False, at=at)
        _accept(logs, sender_id, conversation, at=at)
    return []


async def answer_request(
    transaction: Transaction, user_id: str, conversation_id: str, *, accepted: bool, at: int
) -> list[Event]:
    """Accept or decline, as `ports.storage.Conversations.answer_request` specifies."""
    conversation = await get_one(transaction, CONVERSATIONS, conversation_id)
    if (
        conversation is None
        or user_id not in conversation.members
        or conversation.deleted_at is not None
    ):
        raise NotFound("conversation not found")
    if conversation.asked_id != user_id or (conversation.declined_at is not None and not accepted):
        return []
    logs = await LogWriter.open(transaction, conversation.members)
    if not accepted:
        conversation.declined_at = at
        return logs.add(user_id, _change(conversation, "declined"), at=at)
    if conversation.blocks:
        raise Blocked("one of the two has blocked the other")
    events = await _release(transaction, logs, user_id, conversation, at=at)
    events += _accept(logs, user_id, conversation, at=at)
    return [*events, *end_restriction(logs, conversation, at)]


async def _release(
    transaction: Transaction,
    logs: LogWriter,
    user_id: str,
    conversation: ConversationDocument,
    *,
    at: int,
) -> list[Event]:
    """Enter the messages that were held back into the recipient's log."""
    events: list[Event] = []
    after = 0
    while page := await read_history(
        transaction, conversation.id, before=None, after=after, limit=REQUEST_MESSAGES
    ):
        after = page[-1].seq
        for message in page:
            events += logs.add(user_id, EventPayload(EventKind.MESSAGE, message), at=at)
    return events


def _accept(
    logs: LogWriter, user_id: str, conversation: ConversationDocument, *, at: int
) -> list[Event]:
    conversation.asked_id = conversation.declined_at = None
    return logs.add(user_id, _change(conversation, "accepted"), at=at)


def _change(conversation: ConversationDocument, change: str) -> EventPayload:
    return EventPayload(EventKind.CONVERSATION, ConversationChange(conversation.id, change))


class RequestMethods(StorageMethods[MongoDatabase]):
    """Message requests; `ports.storage.Conversations` documents the method."""

    answer_request = writing(answer_request)
