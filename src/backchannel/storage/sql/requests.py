"""Message requests: created and added to by messages, answered by the recipient."""

from typing import Any

from sqlalchemy import BigInteger, update

from backchannel.domain.conversations import REQUEST_MESSAGES, RequestUnanswered, count_request
from backchannel.domain.errors import Blocked, NotFound
from backchannel.domain.events import ConversationChange, Event, EventKind, EventPayload
from backchannel.storage.shared.methods import StorageMethods, writing
from backchannel.storage.sql.blocks import end_restriction
from backchannel.storage.sql.database import Database, Transaction
from backchannel.storage.sql.locked_conversations import LockedConversation, lock_conversation
from backchannel.storage.sql.locks import LockedUser
from backchannel.storage.sql.log_writer import LogWriter
from backchannel.storage.sql.marks import MARKS_BY_NAME, MemberMarks
from backchannel.storage.sql.messages import read_history
from backchannel.storage.sql.parameters import rows_parameter
from backchannel.storage.sql.schema import account, conversation

_asked = rows_parameter("asked", number=BigInteger, account=BigInteger, declined_at=BigInteger)
SET_ASKED = (
    update(conversation)
    .values(asked=_asked["account"], declined_at=_asked["declined_at"])
    .where(conversation.c.number == _asked["number"])
)
_counted = rows_parameter("counted", number=BigInteger, whole_at=BigInteger)
SET_WHOLE = (
    update(account)
    .values(requests_whole_at=_counted["whole_at"])
    .where(account.c.number == _counted["number"])
)


class MessageRequests:
    """The message requests that a batch of messages begins, adds to and accepts."""

    def __init__(self, logs: LogWriter, at: int) -> None:
        self._logs = logs
        self._at = at
        self._changed: dict[int, LockedConversation] = {}
        self._counted: dict[int, LockedUser] = {}

    def admit(
        self, sender: LockedUser, recipient: LockedUser, locked: LockedConversation
    ) -> list[Event]:
        """Admit one more message, which may begin or accept a request.

        The events tell the recipient's devices of a new request. Raises `Throttled` and
        `RequestUnanswered`.
        """
        if not locked.last_seq:
            return self._begin(sender, recipient, locked) if recipient.takes_requests else []
        if locked.asked == recipient.number and locked.last_seq >= REQUEST_MESSAGES:
            raise RequestUnanswered
        if locked.asked == sender.number:
            # No one is notified of these events: devices see the gap and read them from the log.
            for seq in range(1, locked.last_seq + 1):
                self._logs.enter_received(sender, locked.number, seq)
            _accept(self._logs, sender.id, locked, at=self._at)
            self._changed[locked.number] = locked
        return []

    def _begin(
        self, sender: LockedUser, recipient: LockedUser, locked: LockedConversation
    ) -> list[Event]:
        sender.requests_whole_at = count_request(sender.requests_whole_at, self._at)
        self._counted[sender.number] = sender
        locked.asked = recipient.number
        self._changed[locked.number] = locked
        return self._logs.add(recipient.id, _change(locked, "requested"), at=self._at)

    async def write(self, transaction: Transaction) -> None:
        """Store the changes."""
        if self._changed:
            await _write(transaction, *self._changed.values())
        if self._counted:
            whole = [(each.number, each.requests_whole_at) for each in self._counted.values()]
            await transaction.execute(SET_WHOLE, counted=whole)


def _accept(logs: LogWriter, user_id: str, locked: LockedConversation, *, at: int) -> list[Event]:
    locked.asked = locked.declined_at = None
    return logs.add(user_id, _change(locked, "accepted"), at=at)


async def answer_request(
    transaction: Transaction, user_id: str, conversation_id: str, *, accepted: bool, at: int
) -> list[Event]:
    """Accept or decline, as `ports.storage.Conversations.answer_request` specifies."""
    users, locked = await lock_conversation(transaction, conversation_id)
    logs = LogWriter(users)
    own = next((each for each in users if each.id == user_id), None)
    if own is None or locked is None or locked.deleted_at is not None:
        raise NotFound("conversation not found")
    if locked.asked != own.number or (locked.declined_at is not None and not accepted):
        return []
    if not accepted:
        locked.declined_at = at
        events = logs.add(user_id, _change(locked, "declined"), at=at)
    elif locked.blocks:
        raise Blocked("one of the two has blocked the other")
    else:
        named = [(each, locked.id) for each in (locked.first_id, locked.second_id)]
        members = await transaction.fetch(MARKS_BY_NAME, MemberMarks, named=named)
        events = await _release(transaction, logs, user_id, locked, at=at)
        events += _accept(logs, user_id, locked, at=at)
        events += await end_restriction(transaction, logs, members, at=at)
    await _write(transaction, locked)
    await logs.write(transaction, at=at)
    return events


async def _release(
    transaction: Transaction, logs: LogWriter, user_id: str, locked: LockedConversation, *, at: int
) -> list[Event]:
    """Enter the messages that were held back into the recipient's log."""
    events: list[Event] = []
    after = 0
    while page := await read_history(
        transaction, locked.id, before=None, after=after, limit=REQUEST_MESSAGES
    ):
        after = page[-1].seq
        for message in page:
            payload = EventPayload(EventKind.MESSAGE, message)
            events += logs.add(user_id, payload, at=at, conversation=locked.number, seq=message.seq)
    return events


async def _write(transaction: Transaction, *changed: LockedConversation) -> None:
    rows: list[tuple[Any, ...]] = [
        (locked.number, locked.asked, locked.declined_at) for locked in changed
    ]
    await transaction.execute(SET_ASKED, asked=rows)


def _change(locked: LockedConversation, change: str) -> EventPayload:
    return EventPayload(EventKind.CONVERSATION, ConversationChange(locked.id, change))


class RequestMethods(StorageMethods[Database]):
    """Message requests; `ports.storage.Conversations` documents the method."""

    answer_request = writing(answer_request)
