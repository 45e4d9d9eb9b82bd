"""Writing the users' logs: what happens gets its place in each log of those who learn it."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import BigInteger, update

from backchannel.domain.events import Event, EventKind, Fact
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message
from backchannel.storage.sql.database import Connection
from backchannel.storage.sql.locks import Party, lock, users
from backchannel.storage.sql.parameters import given
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

A number, once given out, keeps its meaning for ever.
"""
OWN_MESSAGE = 8
"""A new message in the log of who sent it, so that what was delivered shows in the log alone."""


_moved = given("moved", account=BigInteger, position=BigInteger)
MOVE_HEADS = (
    update(log_head)
    .values(position=_moved["position"])
    .where(log_head.c.account == _moved["account"])
)

_MESSAGE = KIND_NUMBERS[EventKind.MESSAGE]

LOG_COLUMNS = ("account", "position", "kind", "conversation", "seq", "data", "at")
MESSAGE_COLUMNS = ("account", "position", "conversation", "seq")
"""The columns that differ between the entries of a batch of new messages."""


class Ledger:
    """The logs of some users, who are locked to the end of the transaction (`sql.locks`)."""

    def __init__(self, parties: Iterable[Party]) -> None:
        self.parties = {party.id: party for party in parties}
        self.parties[RESPONDER_ID] = Party(0, RESPONDER_ID, 0)
        self._rows: list[tuple[Any, ...]] = []
        self._sent: list[tuple[int, int, int, int]] = []
        self._received: list[tuple[int, int, int, int]] = []
        self._moved: dict[int, Party] = {}

    @classmethod
    async def open(cls, connection: Connection, user_ids: Collection[str]) -> "Ledger":
        """Lock those of the users that exist."""
        return cls(await lock(connection, users(user_ids)))

    def add(
        self,
        user_id: str,
        fact: Fact,
        *,
        at: int,
        conversation: int | None = None,
        seq: int | None = None,
    ) -> list[Event]:
        """Enter a fact into a user's log: its event, or none where there is nobody to learn it.

        That is the responder, and who has been erased.
        """
        party = self.parties[user_id]
        if not party.has_log:
            return []
        party.position = position = party.position + 1
        self._moved[party.number] = party
        content = fact.content
        data = None if isinstance(content, Message) else msgspec.json.encode(content).decode()
        kind = KIND_NUMBERS[fact.kind]
        self._rows.append((party.number, position, kind, conversation, seq, data, at))
        return [Event(user_id, position, fact)]

    def enter_message(
        self, sender: Party, recipient: Party, conversation: int, seq: int
    ) -> tuple[int, int]:
        """Enter a new message into both logs: its positions, or 0 where `add` has no event."""
        own = other = 0
        if sender.has_log:
            sender.position = own = sender.position + 1
            self._moved[sender.number] = sender
            self._sent.append((sender.number, own, conversation, seq))
        if recipient.has_log:
            recipient.position = other = recipient.position + 1
            self._moved[recipient.number] = recipient
            self._received.append((recipient.number, other, conversation, seq))
        return own, other

    async def write(self, connection: Connection, *, at: int = 0) -> None:
        """Store what was added; new messages at `at`, in milliseconds since 1970."""
        if not self._moved:
            return
        for kind, entries in ((OWN_MESSAGE, self._sent), (_MESSAGE, self._received)):
            await connection.insert(log, MESSAGE_COLUMNS, entries, kind=kind, at=at)
        if self._rows:
            await connection.insert(log, LOG_COLUMNS, self._rows)
        moved = [(party.number, party.position) for party in self._moved.values()]
        await connection.execute(MOVE_HEADS, moved=moved)
