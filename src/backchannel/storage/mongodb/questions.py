"""Questions: what was said to the responder and has no answer yet."""

from collections.abc import Iterable

from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Draft, Message
from backchannel.storage.mongodb.documents import Place, QuestionDocument
from backchannel.storage.mongodb.reader import (
    ASCENDING,
    PAST_THE_END,
    View,
    encoded,
    in_conversation,
)
from backchannel.storage.mongodb.schema import MESSAGES, QUESTIONS
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.kept import verified


class Questions:
    """The questions and answers of a batch; most batches have none."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._open: dict[Place, QuestionDocument] = {}

    async def open(self, drafts: Iterable[Draft]) -> None:
        """Read the questions that the drafts answer."""
        answered = [
            encoded(Place(draft.conversation_id, draft.reply_to))
            for draft in drafts
            if draft.sender_id == RESPONDER_ID and draft.reply_to is not None
        ]
        if answered:
            found = await self._transaction.find(QUESTIONS, {"place": {"$in": answered}})
            self._open = {each.place: each for each in found}

    def add(self, draft: Draft, place: Place, message_id: str) -> None:
        """Note that the draft, now a message at that place, asks or answers."""
        if draft.recipient_id == RESPONDER_ID:
            asked = QuestionDocument(id=message_id, place=place)
            self._open[place] = self._transaction.add(QUESTIONS, asked)
        elif draft.sender_id == RESPONDER_ID and draft.reply_to is not None:
            settled = self._open.pop(Place(draft.conversation_id, draft.reply_to), None)
            if settled is not None:
                self._transaction.remove(QUESTIONS, settled)


async def read_unanswered(view: View, *, after: str, limit: int) -> list[Message]:
    """Implements `ports.storage.Conversations.unanswered`."""
    unanswered: list[Message] = []
    while len(unanswered) < limit:
        order = [("_id", ASCENDING)]
        asked = await view.find(QUESTIONS, {"_id": {"$gt": after}}, order=order, limit=limit)
        found = await view.get(MESSAGES, [each.place for each in asked])
        standing = {each.message_id: each for each in found if each.deleted_at is None}
        unanswered += [
            verified(standing[each.id].original()) for each in asked if each.id in standing
        ]
        if len(asked) < limit:
            break
        after = asked[-1].id
    return unanswered[:limit]


async def forget_all(
    transaction: Transaction, conversation_id: str, *, before: int = PAST_THE_END
) -> None:
    """Remove all unanswered questions of a conversation, or those before a `seq`."""
    places = in_conversation(conversation_id, before=before)
    for each in await transaction.find(QUESTIONS, {"place": places}):
        transaction.remove(QUESTIONS, each)
