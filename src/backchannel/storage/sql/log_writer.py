"""Writing the users' logs: each event gets a position in the log of every user who receives it."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import BigInteger, update

from backchannel.domain.events import Event, EventKind, EventPayload
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message
from backchannel.storage.sql.database import Transaction
from backchannel.storage.sql.locks import LockedUser, lock, users_by_id
from backchannel.storage.sql.parameters import rows_parameter
from backchannel.storage.sql.schema import log, log_head

KIND_NUMBERS = {
    EventKind.MESSAGE: 1,
    EventKind.EDIT: 2,
    EventKind.DELETE: 3,
    EventKind.REACTION: 4,
    EventKind.RECEIPT: 5,
    EventKind.CONVERSATION: 6,
    EventKind.PROFILE: 7,
}
"""The numbers of event kinds in the log; `MESSAGE` is a received message.

A number, once given out, keeps its meaning forever.
"""
OWN_MESSAGE = 8
"""A new message in its sender's log: the log alone shows which messages were delivered."""


_moved = rows_parameter("moved", account=BigInteger, position=BigInteger)
MOVE_HEADS = (
    update(log_head)
    .values(position=_moved["position"])
    .where(log_head.c.account == _moved["account"])
)

_MESSAGE = KIND_NUMBERS[EventKind.MESSAGE]

LOG_COLUMNS = ("account", "position", "kind", "conversation", "seq", "data", "at")
MESSAGE_COLUMNS = ("account", "position", "kind", "conversation", "seq")
"""The columns that differ between the entries of a batch of new messages."""


class LogWriter:
    """The logs of some users, who are locked to the end of the transaction (`sql.locks`)."""

    def __init__(self, users: Iterable[LockedUser]) -> None:
        self.users = {user.id: user for user in users}
        self.users[RESPONDER_ID] = LockedUser(0, RESPONDER_ID, 0)
        self._rows: list[tuple[Any, ...]] = []
        self._messages: list[tuple[int, int, int, int, int]] = []
        self._moved: dict[int, LockedUser] = {}

    @classmethod
    async def open(cls, transaction: Transaction, user_ids: Collection[str]) -> "LogWriter":
        """Lock those of the users that exist."""
        return cls(await lock(transaction, users_by_id(user_ids)))

    def add(
        self,
        user_id: str,
        payload: EventPayload,
        *,
        at: int,
        conversation: int | None = None,
        seq: int | None = None,
    ) -> list[Event]:
        """Enter an event into a user's log. Returns it, or nothing if there is no log.

        The responder and erased users have none.
        """
        user = self.users[user_id]
        if not user.has_log:
            return []
        user.position = position = user.position + 1
        self._moved[user.number] = user
        content = payload.content
        data = None if isinstance(content, Message) else msgspec.json.encode(content).decode()
        kind = KIND_NUMBERS[payload.kind]
        self._rows.append((user.number, position, kind, conversation, seq, data, at))
        return [Event(user_id, position, payload)]

    def enter_message(
        self,
        sender: LockedUser,
        recipient: LockedUser,
        conversation: int,
        seq: int,
        *,
        held: bool = False,
    ) -> tuple[int, int]:
        """Enter a new message into both logs: its positions, or 0 where `add` has no event.

        One that is `held` back is not entered into the recipient's.
        """
        own = other = 0
        # Here and below as in `has_log`, without a call for each message.
        if sender.number and sender.erased_at is None:
            sender.position = own = sender.position + 1
            self._moved[sender.number] = sender
            self._messages.append((sender.number, own, OWN_MESSAGE, conversation, seq))
        if recipient.number and recipient.erased_at is None and not held:
            recipient.position = other = recipient.position + 1
            self._moved[recipient.number] = recipient
            self._messages.append((recipient.number, other, _MESSAGE, conversation, seq))
        return own, other

    def enter_received(self, recipient: LockedUser, conversation: int, seq: int) -> None:
        """Enter a message that has been held back into its recipient's log."""
        if recipient.has_log:
            recipient.position += 1
            self._moved[recipient.number] = recipient
            row = recipient.number, recipient.position, _MESSAGE, conversation, seq
            self._messages.append(row)

    async def write(self, transaction: Transaction, *, at: int = 0) -> None:
        """Store the added entries; new messages at `at`, in milliseconds since 1970."""
        if not self._moved:
            return
        await transaction.insert(log, MESSAGE_COLUMNS, self._messages, at=at)
        if self._rows:
            await transaction.insert(log, LOG_COLUMNS, self._rows)
        moved = [(user.number, user.position) for user in self._moved.values()]
        await transaction.execute(MOVE_HEADS, moved=moved)
