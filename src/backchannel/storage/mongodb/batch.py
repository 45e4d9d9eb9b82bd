"""A batch of messages: the data needed to add them, and the added data."""

import asyncio
from collections.abc import Iterable

from backchannel.domain.errors import AccountDisabled, Blocked, ChatError, ClientIdReused, NotFound
from backchannel.domain.events import Event
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Draft
from backchannel.ports.storage import Gather, Stored
from backchannel.storage.mongodb import requests
from backchannel.storage.mongodb.account_documents import UserDocument
from backchannel.storage.mongodb.attachments import Attachments
from backchannel.storage.mongodb.conversations import (
    add_direct,
    blocking,
    count_blocks,
    members_of,
)
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.documents import (
    ConversationDocument,
    MessageDocument,
    MessageKey,
    sent_as,
)
from backchannel.storage.mongodb.log_writer import LogWriter
from backchannel.storage.mongodb.schema import CONVERSATIONS, MESSAGES
from backchannel.storage.mongodb.sessions import Questions
from backchannel.storage.mongodb.staging import STEP, Transaction
from backchannel.storage.shared.checksummed_message import Original, content_of, is_same, verified
from backchannel.storage.shared.drafts import (
    AppendedDraft,
    IncomingBatch,
    Route,
    is_storable,
    unstorable,
)

Outcome = AppendedDraft | Stored | ChatError


class Batch:
    """The data that a batch of drafts needs, read at once, and the data it adds."""

    def __init__(
        self,
        transaction: Transaction,
        incoming: IncomingBatch,
        logs: LogWriter,
        conversations: Iterable[ConversationDocument],
        at: int,
    ) -> None:
        self._transaction = transaction
        self._incoming = incoming
        self._logs = logs
        self._conversations = {each.id: each for each in conversations}
        self._at = at
        self._originals: dict[tuple[str, str], AppendedDraft | Original] = {}
        self._blocks: dict[str, int] = {}
        self._blocking: set[tuple[str, str]] = set()
        self._refusals: list[ChatError | None] = []
        self._attachments = Attachments(transaction)
        self._questions = Questions(transaction)

    @classmethod
    async def open(cls, transaction: Transaction, incoming: IncomingBatch, *, at: int) -> "Batch":
        """Read the users, conversations and originals of the drafts."""
        originals = await _originals(transaction, incoming)
        logs, conversations = await asyncio.gather(
            LogWriter.open(transaction, incoming.user_ids()),
            transaction.get(CONVERSATIONS, incoming.conversation_ids()),
        )
        batch = cls(transaction, incoming, logs, conversations, at)
        batch._originals = {(each.sender_id, each.client_id): each for each in originals}
        await batch._attachments.open(incoming.drafts)
        await batch._questions.open(incoming.drafts)
        missing = {
            route[:2]
            for route in incoming.routes
            if route.conversation_id not in batch._conversations
        }
        pairs = [pair for pair in missing if all(each in logs.users for each in pair)]
        batch._blocks = await count_blocks(transaction, pairs)
        # For a message request, the direction of a block matters.
        asked = {route[:2] for route in incoming.routes if batch._is_request(route.conversation_id)}
        batch._blocking = await blocking(transaction, asked)
        return batch

    async def append(self) -> list[Outcome]:
        """Give each draft its `seq` and its positions in both logs, or an error."""
        self._refusals = [self._refusal(route) for route in self._incoming.routes]
        outcomes: list[Outcome] = []
        for each in zip(
            self._incoming.drafts, self._incoming.ids, self._incoming.route_numbers, strict=True
        ):
            if len(outcomes) % STEP == 0:
                await asyncio.sleep(0)
            outcomes.append(self._append(*each))
        return outcomes

    def _append(self, draft: Draft, message_id: str, route_number: int) -> Outcome:
        key = draft.sender_id, draft.client_id
        original = self._originals.get(key)
        if original is not None:
            return _repeat_of(draft, original)
        refusal = self._refusals[route_number] or self._missing(draft)
        if refusal is not None:
            return refusal
        outcome = self._append_new(draft, message_id)
        if isinstance(outcome, AppendedDraft):
            self._originals[key] = outcome
        return outcome

    def _refusal(self, route: Route) -> ChatError | None:
        """The reason why the sender may not write to the recipient there, if any."""
        sender, recipient = self._member(route.sender_id), self._member(route.recipient_id)
        if sender is None or recipient is None:
            return NotFound("recipient not found", field="recipient_id")
        if _is_disabled(sender) or _is_disabled(recipient):
            return AccountDisabled("an account of this conversation is disabled")
        conversation = self._conversations.get(route.conversation_id)
        if not (route.may_begin() if conversation is None else _is_open(conversation, route)):
            return NotFound("conversation not found", field="conversation_id")
        if self._is_blocked(route, conversation):
            return Blocked("one of the two has blocked the other")
        return None

    def _is_request(self, conversation_id: str) -> bool:
        conversation = self._conversations.get(conversation_id)
        return conversation is not None and conversation.asked_id is not None

    def _is_blocked(self, route: Route, conversation: ConversationDocument | None) -> bool:
        """True if a block keeps the sender from writing, and the sender may know that."""
        if conversation is None:
            return self._blocks.get(route.conversation_id, 0) > 0
        if conversation.asked_id == route.recipient_id:
            return route[:2] in self._blocking
        return conversation.blocks > 0

    def _member(self, user_id: str) -> UserDocument | str | None:
        return RESPONDER_ID if user_id == RESPONDER_ID else self._logs.users.get(user_id)

    def _missing(self, draft: Draft) -> NotFound | None:
        """The error for a draft that refers to something missing, if it does."""
        conversation = self._conversations.get(draft.conversation_id)
        last_seq = 0 if conversation is None else conversation.last_seq
        if draft.reply_to is not None and not 1 <= draft.reply_to <= last_seq:
            return NotFound("the message replied to does not exist", field="reply_to")
        if draft.files and not self._attachments.exist(draft):
            return NotFound("file not found", field="files")
        return None

    def _append_new(self, draft: Draft, message_id: str) -> AppendedDraft | ChatError:
        conversation = self._conversations.get(draft.conversation_id)
        if conversation is None:
            conversation = self._begin(draft)
        events: list[Event] = []
        if conversation.asked_id is not None or not conversation.last_seq:
            members = draft.sender_id, draft.recipient_id
            try:
                events = requests.admit(self._logs, *members, conversation, at=self._at)
            except ChatError as refusal:
                return refusal
        key = MessageKey(conversation.id, conversation.add(draft.sender_id))
        conversation.updated_at = max(conversation.updated_at, self._at)
        self._transaction.add(MESSAGES, self._message(draft, message_id, key))
        self._attachments.add(draft, key)
        self._questions.add(draft, key, message_id)
        enter = self._logs.enter_message
        own = enter(draft.sender_id, key, own=True, at=self._at)
        other = 0
        if conversation.asked_id is None:
            other = enter(draft.recipient_id, key, own=False, at=self._at)
        return AppendedDraft(draft, message_id, key.seq, own, other, more=events)

    def _begin(self, draft: Draft) -> ConversationDocument:
        new = add_direct(self._transaction, (draft.sender_id, draft.recipient_id), at=self._at)
        self._conversations[new.id] = new
        return new

    def _message(self, draft: Draft, message_id: str, key: MessageKey) -> MessageDocument:
        new = MessageDocument(
            id=key,
            message_id=message_id,
            number=self._transaction.next_number(),
            sender_id=draft.sender_id,
            recipient_id=draft.recipient_id,
            members=members_of(draft.sender_id, draft.recipient_id),
            client_id=draft.client_id,
            sent_as=sent_as(draft.sender_id, draft.client_id),
            kind=draft.kind,
            body=draft.body,
            created_at=self._at,
            reply_to=draft.reply_to,
            files=draft.files,
        )
        new.update_size_and_checksum()
        return new


async def _originals(transaction: Transaction, incoming: IncomingBatch) -> list[Original]:
    """The messages sent before with the keys of these drafts."""
    keys = [sent_as(*each) for each in incoming.keys]
    found = await transaction.find(MESSAGES, {"sent_as": {"$in": keys}})
    return [each.original() for each in found]


def _is_disabled(member: UserDocument | str) -> bool:
    return not isinstance(member, str) and member.disabled_at is not None


def _is_open(conversation: ConversationDocument, route: Route) -> bool:
    return conversation.deleted_at is None and conversation.is_between(
        route.sender_id, route.recipient_id
    )


def _repeat_of(draft: Draft, original: AppendedDraft | Original) -> Outcome:
    refusal = ClientIdReused("this client_id was used for another message", field="client_id")
    if isinstance(original, AppendedDraft):
        return original.again() if content_of(draft) == content_of(original.draft) else refusal
    if not is_same(draft, original):
        return refusal
    return Stored(verified(original), repeated=True)


async def append(database: MongoDatabase, gather: Gather) -> list[Stored | ChatError]:
    """Store a batch of drafts, as `ports.storage.Messages.append_gathered` specifies."""

    async def work(transaction: Transaction) -> list[Outcome]:
        drafts, at = gather()
        sound = [draft for draft in drafts if is_storable(draft)]
        if not sound:
            return [unstorable(draft) for draft in drafts]
        batch = await Batch.open(transaction, IncomingBatch(sound), at=at)
        outcomes = iter(await batch.append())
        return [next(outcomes) if is_storable(draft) else unstorable(draft) for draft in drafts]

    appended = await database.write(work)
    _, at = gather()
    return [each.stored(at) if isinstance(each, AppendedDraft) else each for each in appended]
