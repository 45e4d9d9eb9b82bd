"""A batch of messages: what has to be known to add them, and what is added."""

import asyncio
from collections.abc import Iterable

from backchannel.domain.errors import (
    AccountDisabled,
    Blocked,
    ChatError,
    ClientIdReused,
    NotFound,
)
from backchannel.domain.ids import RESPONDER_ID, direct_conversation_id
from backchannel.domain.messages import Draft
from backchannel.ports.storage import Stored
from backchannel.storage.mongodb.account_documents import UserDocument
from backchannel.storage.mongodb.attachments import Attachments
from backchannel.storage.mongodb.documents import (
    ConversationDocument,
    MessageDocument,
    Place,
    sent_as,
)
from backchannel.storage.mongodb.ledger import Ledger
from backchannel.storage.mongodb.places import begin_direct, count_blocks, members_of
from backchannel.storage.mongodb.questions import Questions
from backchannel.storage.mongodb.schema import CONVERSATIONS, MESSAGES
from backchannel.storage.mongodb.staging import STEP, Transaction
from backchannel.storage.shared.intake import Intake, Way
from backchannel.storage.shared.kept import Original, content_of, is_same, verified
from backchannel.storage.shared.placed import Placed

Outcome = Placed | Stored | ChatError


class Batch:
    """The data that a batch of drafts needs, read at once, and the data it adds."""

    def __init__(
        self,
        transaction: Transaction,
        intake: Intake,
        ledger: Ledger,
        places: Iterable[ConversationDocument],
        at: int,
    ) -> None:
        self._transaction = transaction
        self._intake = intake
        self._ledger = ledger
        self._places = {place.id: place for place in places}
        self._at = at
        self._originals: dict[tuple[str, str], Placed | Original] = {}
        self._blocks: dict[str, int] = {}
        self._refusals: list[ChatError | None] = []
        self._attachments = Attachments(transaction)
        self._questions = Questions(transaction)

    @classmethod
    async def open(cls, transaction: Transaction, intake: Intake, *, at: int) -> "Batch":
        """Read the users, conversations and originals of the drafts."""
        originals = await _originals(transaction, intake)
        ledger, places = await asyncio.gather(
            Ledger.open(transaction, intake.user_ids()),
            transaction.get(CONVERSATIONS, intake.conversation_ids()),
        )
        batch = cls(transaction, intake, ledger, places, at)
        batch._originals = {(each.sender_id, each.client_id): each for each in originals}
        await batch._attachments.open(intake.drafts)
        await batch._questions.open(intake.drafts)
        missing = {way[:2] for way in intake.ways if way.conversation_id not in batch._places}
        pairs = [pair for pair in missing if all(each in ledger.users for each in pair)]
        batch._blocks = await count_blocks(transaction, pairs)
        return batch

    async def place(self) -> list[Outcome]:
        """Give each draft its place in its conversation and in both logs, or say why not."""
        self._refusals = [self._refusal(way) for way in self._intake.ways]
        outcomes: list[Outcome] = []
        for each in zip(self._intake.drafts, self._intake.ids, self._intake.by_way, strict=True):
            if len(outcomes) % STEP == 0:
                await asyncio.sleep(0)
            outcomes.append(self._place(*each))
        return outcomes

    def _place(self, draft: Draft, message_id: str, way: int) -> Outcome:
        key = draft.sender_id, draft.client_id
        original = self._originals.get(key)
        if original is not None:
            return _repeated(draft, original)
        refusal = self._refusals[way] or self._missing(draft)
        if refusal is not None:
            return refusal
        placed = self._enter(draft, message_id)
        self._originals[key] = placed
        return placed

    def _refusal(self, way: Way) -> ChatError | None:
        """The reason why the sender may not write to the recipient there, if any."""
        sender, recipient = self._party(way.sender_id), self._party(way.recipient_id)
        if sender is None or recipient is None:
            return NotFound("recipient not found", field="recipient_id")
        if _is_disabled(sender) or _is_disabled(recipient):
            return AccountDisabled("an account of this conversation is disabled")
        place = self._places.get(way.conversation_id)
        if not (_may_begin(way) if place is None else _is_open(place, way)):
            return NotFound("conversation not found", field="conversation_id")
        if self._blocks.get(way.conversation_id, 0) if place is None else place.blocks:
            return Blocked("one of the two has blocked the other")
        return None

    def _party(self, user_id: str) -> UserDocument | str | None:
        return RESPONDER_ID if user_id == RESPONDER_ID else self._ledger.users.get(user_id)

    def _missing(self, draft: Draft) -> NotFound | None:
        """The error for a draft that refers to something missing, if it does."""
        place = self._places.get(draft.conversation_id)
        last_seq = 0 if place is None else place.last_seq
        if draft.reply_to is not None and not 1 <= draft.reply_to <= last_seq:
            return NotFound("the message replied to does not exist", field="reply_to")
        if draft.files and not self._attachments.stand(draft):
            return NotFound("file not found", field="files")
        return None

    def _enter(self, draft: Draft, message_id: str) -> Placed:
        conversation = self._places.get(draft.conversation_id)
        if conversation is None:
            conversation = self._begin(draft)
        place = Place(conversation.id, conversation.add(draft.sender_id))
        conversation.updated_at = max(conversation.updated_at, self._at)
        self._transaction.add(MESSAGES, self._message(draft, message_id, place))
        self._attachments.add(draft, place)
        self._questions.add(draft, place, message_id)
        enter = self._ledger.enter_message
        own = enter(draft.sender_id, place, own=True, at=self._at)
        other = enter(draft.recipient_id, place, own=False, at=self._at)
        return Placed(draft, message_id, place.seq, own, other)

    def _begin(self, draft: Draft) -> ConversationDocument:
        new = begin_direct(self._transaction, (draft.sender_id, draft.recipient_id), at=self._at)
        self._places[new.id] = new
        return new

    def _message(self, draft: Draft, message_id: str, place: Place) -> MessageDocument:
        new = MessageDocument(
            id=place,
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
        new.measure()
        return new


async def _originals(transaction: Transaction, intake: Intake) -> list[Original]:
    """The messages sent before with the keys of these drafts."""
    keys = [sent_as(*each) for each in intake.keys]
    found = await transaction.find(MESSAGES, {"sent_as": {"$in": keys}})
    return [each.original() for each in found]


def _is_disabled(party: UserDocument | str) -> bool:
    return not isinstance(party, str) and party.disabled_at is not None


def _is_open(place: ConversationDocument, way: Way) -> bool:
    return place.deleted_at is None and place.joins(way.sender_id, way.recipient_id)


def _may_begin(way: Way) -> bool:
    """A session has to be made first, a direct conversation begins with its first message."""
    pair = way.sender_id, way.recipient_id
    return (
        RESPONDER_ID not in pair
        and pair[0] != pair[1]
        and way.conversation_id == direct_conversation_id(*pair)
    )


def _repeated(draft: Draft, original: Placed | Original) -> Outcome:
    refusal = ClientIdReused("this client_id was used for another message", field="client_id")
    if isinstance(original, Placed):
        return original.again() if content_of(draft) == content_of(original.draft) else refusal
    if not is_same(draft, original):
        return refusal
    return Stored(verified(original), repeated=True)
