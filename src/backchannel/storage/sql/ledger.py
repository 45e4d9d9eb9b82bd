"""Writing the users' logs: what happens gets its place in each log of those who learn it."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import select, update

from backchannel.domain.events import Event, EventKind, Fact
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message
from backchannel.storage.sql.database import Connection, Lookup
from backchannel.storage.sql.parameters import any_of, given, item
from backchannel.storage.sql.schema import account, log, log_head

KIND_NUMBERS = {
    EventKind.MESSAGE: 1,
    EventKind.EDIT: 2,
    EventKind.DELETE: 3,
    EventKind.REACTION: 4,
    EventKind.RECEIPT: 5,
    EventKind.CONVERSATION: 6,
    EventKind.PROFILE: 7,
}
"""How the log writes an event's kind; a message is one that was received.

A number, once given out, keeps its meaning for ever.
"""
OWN_MESSAGE = 8
"""A new message in the log of who sent it, so that what was delivered shows in the log alone."""


class Party(msgspec.Struct):
    """A user, or the responder as number 0, whose log is open for writing."""

    number: int
    id: str
    position: int
    disabled_at: int | None = None
    erased_at: int | None = None

    @property
    def has_log(self) -> bool:
        """The responder has none, nor has who was erased."""
        return self.number != 0 and self.erased_at is None


PARTIES = (
    select(
        account.c.number,
        account.c.id,
        log_head.c.position,
        account.c.disabled_at,
        account.c.erased_at,
    )
    .join(log_head, log_head.c.account == account.c.number)
    .where(account.c.id.in_(any_of("user_ids")))
    # Always locked in the same order, so that two batches never wait for each other.
    .order_by(account.c.number)
    .with_for_update()
)

_moved = given("moved")
MOVE_HEADS = (
    update(log_head).values(position=item(_moved, 1)).where(log_head.c.account == item(_moved, 0))
)

_MESSAGE = KIND_NUMBERS[EventKind.MESSAGE]

LOG_COLUMNS = ("account", "position", "kind", "conversation", "seq", "data", "at")
MESSAGE_COLUMNS = ("account", "position", "conversation", "seq")
"""What differs between the entries of a batch of new messages."""


def parties(user_ids: Collection[str]) -> Lookup[Party]:
    """Lock the logs of those of `user_ids` that exist."""
    return Lookup(PARTIES, Party, {"user_ids": sorted(user_ids)})


class Ledger:
    """The logs of some users, locked from `open` to the end of the transaction.

    Positions come from the locked heads, so that they have no gaps and commit order is
    number order.
    """

    def __init__(self, parties: Iterable[Party]) -> None:
        self.parties = {party.id: party for party in parties}
        self.parties[RESPONDER_ID] = Party(0, RESPONDER_ID, 0)
        self._rows: list[tuple[Any, ...]] = []
        self._sent: list[tuple[int, int, int, int]] = []
        self._received: list[tuple[int, int, int, int]] = []
        self._moved: dict[int, Party] = {}

    @classmethod
    async def open(cls, connection: Connection, user_ids: Collection[str]) -> "Ledger":
        """Lock the logs of those of `user_ids` that exist."""
        asked = parties(user_ids)
        return cls(await connection.fetch(asked.query, asked.row, **asked.parameters))

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
