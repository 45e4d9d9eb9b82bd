"""Writing the users' logs: each event gets a position in the log of every user who receives it."""

from collections.abc import Collection, Iterable

import msgspec

from backchannel.domain.events import Event, EventKind, EventPayload
from backchannel.domain.messages import Message
from backchannel.storage.mongodb.account_documents import UserDocument
from backchannel.storage.mongodb.documents import EntryDocument, EntryKey, MessageKey
from backchannel.storage.mongodb.schema import LOG, USERS
from backchannel.storage.mongodb.staging import Transaction


class LogWriter:
    """The logs of some users, to the end of the transaction.

    Positions come from the users' documents, so that they have no gaps and commit order is number
    order.
    """

    def __init__(self, transaction: Transaction, users: Iterable[UserDocument]) -> None:
        self._transaction = transaction
        self.users = {user.id: user for user in users}

    @classmethod
    async def open(cls, transaction: Transaction, user_ids: Collection[str]) -> "LogWriter":
        """The logs of those of `user_ids` that exist."""
        return cls(transaction, await transaction.get(USERS, user_ids))

    def add(self, user_id: str, payload: EventPayload, *, at: int) -> list[Event]:
        """Enter an event into a user's log. Returns it, or nothing if there is no log.

        The responder and erased users have none.
        """
        content = payload.content
        if isinstance(content, Message):
            return self._enter(
                user_id, payload, MessageKey(content.conversation_id, content.seq), None, at
            )
        return self._enter(user_id, payload, None, msgspec.json.encode(content).decode(), at)

    def enter_message(self, user_id: str, key: MessageKey, *, own: bool, at: int) -> int:
        """Enter a new message into a log: its position, or 0 where `add` has no event."""
        return self._position(user_id, EventKind.MESSAGE, key, None, at, own=own)

    def _enter(
        self, user_id: str, payload: EventPayload, key: MessageKey | None, data: str | None, at: int
    ) -> list[Event]:
        position = self._position(user_id, payload.kind, key, data, at)
        return [Event(user_id, position, payload)] if position else []

    def _position(
        self,
        user_id: str,
        kind: EventKind,
        key: MessageKey | None,
        data: str | None,
        at: int,
        *,
        own: bool = False,
    ) -> int:
        user = self.users.get(user_id)
        if user is None or user.erased_at is not None:
            return 0
        user.position += 1
        entry = EntryDocument(
            id=EntryKey(user_id, user.position),
            kind=kind.value,
            own=own,
            message=key,
            data=data,
            at=at,
        )
        self._transaction.add(LOG, entry)
        return user.position
