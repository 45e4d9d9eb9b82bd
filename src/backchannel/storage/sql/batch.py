"""A batch of messages: the data needed to add them, and the written rows."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Text, func, select, update

from backchannel.domain.errors import (
    AccountDisabled,
    Blocked,
    ChatError,
    ClientIdReused,
    NotFound,
)
from backchannel.domain.events import Event
from backchannel.domain.messages import Draft, MessageKind
from backchannel.ports.storage import Stored
from backchannel.storage.shared.checksummed_message import (
    Original,
    checksum,
    content_of,
    is_same,
    verified,
)
from backchannel.storage.shared.drafts import AppendedDraft, IncomingBatch, Route
from backchannel.storage.sql.attachments import Attachments
from backchannel.storage.sql.blocks import read_blocks_by
from backchannel.storage.sql.database import BoundQuery, Transaction
from backchannel.storage.sql.locked_conversations import (
    LockedConversation,
    insert_direct_conversations,
    locked_conversations,
)
from backchannel.storage.sql.locks import LockedUser, users_by_id
from backchannel.storage.sql.log_writer import LogWriter
from backchannel.storage.sql.parameters import rows_parameter
from backchannel.storage.sql.requests import MessageRequests
from backchannel.storage.sql.rows import MESSAGES, ORIGINAL_COLUMNS
from backchannel.storage.sql.schema import account, conversation, message
from backchannel.storage.sql.sessions import Questions

_sent = rows_parameter("sent", user_id=Text, client_id=Text)
# The responder is 0 and has no account. With a join in place of the subquery, PostgreSQL may look
# up the sender only, and read all of the sender's messages.
_number = select(account.c.number).where(account.c.id == _sent["user_id"]).scalar_subquery()
ORIGINALS = (
    select(*ORIGINAL_COLUMNS)
    .select_from(_sent.table.join(MESSAGES, message.c.sender == func.coalesce(_number, 0)))
    .where(message.c.client_id == _sent["client_id"])
)

_moved = rows_parameter(
    "moved",
    number=BigInteger,
    last_seq=BigInteger,
    first_count=BigInteger,
    second_count=BigInteger,
    updated_at=BigInteger,
)
UPDATE_CONVERSATIONS = (
    update(conversation)
    .values(
        last_seq=_moved["last_seq"],
        first_count=_moved["first_count"],
        second_count=_moved["second_count"],
        updated_at=_moved["updated_at"],
    )
    .where(conversation.c.number == _moved["number"])
)
COLUMNS = ("conversation", "seq", "id", "sender", "client_id", "body", "checksum")
MORE_COLUMNS = ("kind", "reply_to", "files")
"""The columns that are equal in all plain messages, so that a batch writes them once."""

Outcome = AppendedDraft | Stored | ChatError


class _ResolvedRoute(msgspec.Struct, frozen=True, gc=False):
    """A permitted route, with its rows."""

    sender: LockedUser
    recipient: LockedUser
    conversation: LockedConversation


class Batch:
    """The data that a batch of drafts needs, read at once, and the data it will write."""

    def __init__(
        self,
        incoming: IncomingBatch,
        logs: LogWriter,
        conversations: Iterable[LockedConversation],
        at: int,
    ) -> None:
        self._at = at
        self._incoming = incoming
        self._logs = logs
        self._conversations = {each.id: each for each in conversations}
        self._originals: dict[tuple[str, str], AppendedDraft | Original] = {}
        self._blocks: set[tuple[int, int]] = set()
        self._resolved: list[_ResolvedRoute | None] = []
        self._attachments = Attachments()
        self._questions = Questions()
        self._requests = MessageRequests(logs, at)
        self._rows: list[tuple[Any, ...]] = []
        self._moved: dict[int, LockedConversation] = {}

    @classmethod
    async def open(cls, transaction: Transaction, incoming: IncomingBatch, *, at: int) -> "Batch":
        """Lock the users of the drafts, and begin missing conversations."""
        heads, conversations, originals = await transaction.fetch_together(
            users_by_id(incoming.user_ids()),
            locked_conversations(incoming.conversation_ids()),
            BoundQuery(ORIGINALS, Original, {"sent": incoming.keys}),
        )
        batch = cls(incoming, LogWriter(heads), conversations, at)
        batch._note(originals)
        if not incoming.plain:
            batch._attachments = await Attachments.open(transaction, incoming.drafts)
        await batch._add_conversations(transaction)
        # Only now: some routes lead to a conversation that was inserted just now.
        batch._resolved = [batch._resolve(route) for route in incoming.routes]
        return batch

    def _note(self, originals: Iterable[Original]) -> None:
        """Note the messages that were sent before with the keys of the drafts."""
        self._originals = {(each.sender_id, each.client_id): each for each in originals}

    async def _add_conversations(self, transaction: Transaction) -> None:
        # For a message request, the direction of a block matters.
        unclear = [
            route
            for route in self._incoming.routes
            if (locked := self._conversations.get(route.conversation_id)) is None
            or (locked.blocks and locked.asked is not None)
        ]
        if not unclear:
            return
        found = self._logs.users
        user_ids = {user_id for route in unclear for user_id in route[:2]} & found.keys()
        accounts = [found[user_id].number for user_id in user_ids]
        self._blocks = await read_blocks_by(transaction, accounts)
        new = [each for each in unclear if each.conversation_id not in self._conversations]
        open_routes = {route for route in new if self._refusal(route) is None}
        pairs: dict[str, tuple[LockedUser, LockedUser]] = {}
        for draft, number in zip(self._incoming.drafts, self._incoming.route_numbers, strict=True):
            route = self._incoming.routes[number]
            key = draft.sender_id, draft.client_id
            if route in open_routes and key not in self._originals and self._missing(draft) is None:
                pairs[route.conversation_id] = found[route.sender_id], found[route.recipient_id]
        if pairs:
            self._conversations |= await insert_direct_conversations(
                transaction, pairs.values(), at=self._at
            )

    def append(self) -> list[Outcome]:
        """Give each draft its `seq` and its positions in both logs, or an error."""
        incoming = self._incoming
        # Most batches have nothing but new texts in them.
        usual = incoming.plain and incoming.unique and not self._originals
        append = self._append_new if usual else self._append
        each = zip(incoming.drafts, incoming.ids, incoming.route_numbers, strict=True)
        return [append(draft, message_id, number) for draft, message_id, number in each]

    def _append(self, draft: Draft, message_id: str, route_number: int) -> Outcome:
        key = draft.sender_id, draft.client_id
        original = self._originals.get(key)
        if original is not None:
            return _repeat_of(draft, original)
        refusal = self._refusal(self._incoming.routes[route_number]) or self._missing(draft)
        if refusal is not None:
            return refusal
        outcome = self._append_new(draft, message_id, route_number)
        if isinstance(outcome, AppendedDraft):
            self._originals[key] = outcome
        return outcome

    def _resolve(self, route: Route) -> _ResolvedRoute | None:
        """A route with its rows; None if it is not permitted, or if no draft could start it."""
        locked = self._conversations.get(route.conversation_id)
        if locked is None or self._refusal(route) is not None:
            return None
        found = self._logs.users
        return _ResolvedRoute(found[route.sender_id], found[route.recipient_id], locked)

    def _refusal(self, route: Route) -> ChatError | None:
        """The reason why the sender may not write to the recipient there, if any."""
        sender = self._logs.users.get(route.sender_id)
        recipient = self._logs.users.get(route.recipient_id)
        if sender is None or recipient is None:
            return NotFound("recipient not found", field="recipient_id")
        if sender.disabled_at is not None or recipient.disabled_at is not None:
            return AccountDisabled("an account of this conversation is disabled")
        locked = self._conversations.get(route.conversation_id)
        if not (route.may_begin() if locked is None else _is_open(locked, route)):
            return NotFound("conversation not found", field="conversation_id")
        if self._is_blocked(sender, recipient, locked):
            return Blocked("one of the two has blocked the other")
        return None

    def _is_blocked(
        self, one: LockedUser, other: LockedUser, locked: LockedConversation | None
    ) -> bool:
        """True if a block keeps `one` from writing, and `one` may know that."""
        if locked is not None and (not locked.blocks or locked.asked is None):
            return locked.blocks > 0
        own, others = (one.number, other.number), (other.number, one.number)
        if locked is not None and locked.asked == other.number:
            return own in self._blocks
        return not self._blocks.isdisjoint((own, others))

    def _missing(self, draft: Draft) -> NotFound | None:
        """The error for a draft that refers to something missing, if it does."""
        locked = self._conversations.get(draft.conversation_id)
        last_seq = 0 if locked is None else locked.last_seq
        if draft.reply_to is not None and not 1 <= draft.reply_to <= last_seq:
            return NotFound("the message replied to does not exist", field="reply_to")
        if draft.files and not self._attachments.exist(draft):
            return NotFound("file not found", field="files")
        return None

    def _append_new(self, draft: Draft, message_id: str, route_number: int) -> Outcome:
        route = self._resolved[route_number]
        if route is None:
            refusal = self._refusal(self._incoming.routes[route_number])
            return refusal or NotFound("conversation not found", field="conversation_id")
        sender, recipient, locked = route.sender, route.recipient, route.conversation
        events: list[Event] = []
        if locked.asked is not None or not locked.last_seq:
            try:
                events = self._requests.admit(sender, recipient, locked)
            except ChatError as refusal:
                return refusal
        number, seq = locked.number, locked.add(draft.sender_id)
        self._moved[number] = locked
        check = checksum(draft, seq=seq, message_id=message_id, created_at=self._at)
        row = number, seq, message_id, sender.number, draft.client_id, draft.body, check
        if self._incoming.plain:
            self._rows.append(row)
        else:
            self._rows.append((*row, draft.kind, draft.reply_to, draft.files))
            if draft.files:
                self._attachments.add(draft, number, seq)
        if not (sender.number and recipient.number):
            self._questions.add(draft, number, seq)
        held = locked.asked is not None
        own, other = self._logs.enter_message(sender, recipient, number, seq, held=held)
        return AppendedDraft(draft, message_id, seq, own, other, events)

    async def write(self, transaction: Transaction) -> None:
        """Store the appended messages."""
        if not self._rows:
            return
        if self._incoming.plain:
            same = {"kind": MessageKind.TEXT.value, "created_at": self._at}
            await transaction.insert(message, COLUMNS, self._rows, **same)
        else:
            columns = (*COLUMNS, *MORE_COLUMNS)
            await transaction.insert(message, columns, self._rows, created_at=self._at)
        await self._attachments.write(transaction)
        await self._questions.write(transaction)
        await self._requests.write(transaction)
        await self._logs.write(transaction, at=self._at)
        moved = [
            (
                each.number,
                each.last_seq,
                each.first_count,
                each.second_count,
                max(each.updated_at, self._at),
            )
            for each in self._moved.values()
        ]
        await transaction.execute(UPDATE_CONVERSATIONS, moved=moved)


def _is_open(locked: LockedConversation, route: Route) -> bool:
    return locked.deleted_at is None and locked.is_between(route.sender_id, route.recipient_id)


def _repeat_of(draft: Draft, original: AppendedDraft | Original) -> Outcome:
    if isinstance(original, AppendedDraft):
        same = content_of(draft) == content_of(original.draft)
        stored: AppendedDraft | Stored = original.again()
    else:
        same = is_same(draft, original)
        stored = Stored(verified(original), repeated=True)
    if same:
        return stored
    return ClientIdReused("this client_id was used for another message", field="client_id")
