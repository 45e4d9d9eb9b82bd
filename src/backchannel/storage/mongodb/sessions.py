"""Sessions with the responder, and the questions in them that have no answer yet."""

import asyncio
from collections.abc import Iterable
from functools import partial

import msgspec

from backchannel.domain.conversations import ConversationSettings, ConversationView
from backchannel.domain.errors import NotFound
from backchannel.domain.events import ConversationChange, Event, EventKind, EventPayload
from backchannel.domain.ids import RESPONDER_ID, session_conversation_id
from backchannel.domain.messages import Draft, Message, fingerprint
from backchannel.storage.mongodb.attachments import detach
from backchannel.storage.mongodb.conversations import add_session, read_conversation, view_of
from backchannel.storage.mongodb.database import MongoDatabase
from backchannel.storage.mongodb.documents import (
    ConversationDocument,
    MessageDocument,
    MessageKey,
    QuestionDocument,
)
from backchannel.storage.mongodb.erased_messages import STEP, recount
from backchannel.storage.mongodb.log_writer import LogWriter
from backchannel.storage.mongodb.messages import documents_of
from backchannel.storage.mongodb.reader import (
    ASCENDING,
    PAST_THE_END,
    View,
    encoded,
    get_one,
    in_conversation,
)
from backchannel.storage.mongodb.schema import CONVERSATIONS, MESSAGES, QUESTIONS
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.shared.checksummed_message import content_of, verified
from backchannel.storage.shared.methods import StorageMethods, reading, using_database, writing

PAGE = 200
"""Messages of a deleted session that one transaction turns into tombstones."""


async def create_session(
    transaction: Transaction, user_id: str, key: str, *, name: str, at: int
) -> tuple[ConversationView, list[Event]]:
    """The user's session with this key, created if it does not exist or was deleted."""
    conversation_id = session_conversation_id(user_id, key)
    existing = await read_conversation(transaction, user_id, conversation_id)
    if existing is not None:
        return existing, []
    logs = await LogWriter.open(transaction, [user_id])
    if user_id not in logs.users or logs.users[user_id].erased_at is not None:
        raise NotFound("user not found")
    session = await get_one(transaction, CONVERSATIONS, conversation_id)
    if session is None:
        session = add_session(transaction, user_id, key, name=name, at=at)
    else:
        _rename(session, name, at)
    view = await read_conversation(transaction, user_id, conversation_id)
    events = _log_change(logs, user_id, session, "created", at)
    return view or view_of(session, user_id, None), events


async def rename_session(
    transaction: Transaction, user_id: str, key: str, *, name: str, at: int
) -> list[Event]:
    """Give a session another name. Raises `NotFound`."""
    session = await _session(transaction, user_id, key)
    logs = await LogWriter.open(transaction, [user_id])
    if logs.users[user_id].erased_at is not None:
        raise NotFound("session not found")
    _rename(session, name, at)
    return _log_change(logs, user_id, session, "renamed", at)


async def delete_session(
    database: MongoDatabase, user_id: str, key: str, *, at: int
) -> list[Event]:
    """Turn the session's messages into tombstones and stop listing it. Raises `NotFound`."""
    events: list[Event] = []
    after: int | None = 0
    while after is not None:
        page = partial(delete_page, user_id=user_id, key=key, after=after, at=at)
        after, events = await database.write(page)
    return events


async def delete_page(
    transaction: Transaction, user_id: str, key: str, *, after: int, at: int
) -> tuple[int | None, list[Event]]:
    """Turn the session's next messages into tombstones; after the last one, stop listing it.

    Returns the `seq` to continue after, None at the end, and the events. Raises `NotFound`.
    """
    session = await _session(transaction, user_id, key)
    query = {"_id": in_conversation(session.id, after=after), "deleted_at": None}
    page = await documents_of(transaction, query, limit=PAGE)
    if not page:
        return None, await _delete(transaction, user_id, session, at)
    last_seq = page[-1].id.seq
    await detach(transaction, session.id, [each.id.seq for each in page])
    await forget_questions(transaction, session.id, before=last_seq + 1)
    for count, message in enumerate(page):
        if count % STEP == 0:
            await asyncio.sleep(0)
        _purge(message, at)
    for member_id in (session.first_id, session.second_id):
        recount(session, member_id, [each for each in page if each.sender_id == member_id])
    return last_seq, []


async def _delete(
    transaction: Transaction, user_id: str, session: ConversationDocument, at: int
) -> list[Event]:
    await detach(transaction, session.id)
    await forget_questions(transaction, session.id)
    session.first, session.second = (
        msgspec.structs.replace(each, read_count=0, settings=ConversationSettings())
        for each in (session.first, session.second)
    )
    session.first_count = session.second_count = 0
    session.deleted_at, session.listed = at, False
    logs = await LogWriter.open(transaction, [user_id])
    return _log_change(logs, user_id, session, "deleted", at)


async def _session(transaction: Transaction, user_id: str, key: str) -> ConversationDocument:
    found = await get_one(transaction, CONVERSATIONS, session_conversation_id(user_id, key))
    if found is None or found.deleted_at is not None:
        raise NotFound("session not found")
    return found


def _rename(session: ConversationDocument, name: str, at: int) -> None:
    session.name, session.updated_at = name, at
    session.deleted_at, session.listed = None, True


def _purge(document: MessageDocument, at: int) -> None:
    message = document.original()
    document.fingerprint = message.fingerprint or fingerprint(*content_of(message))
    document.replace_content(
        msgspec.structs.replace(
            message, body="", reactions="", files="", deleted_at=at, revision=message.revision + 1
        )
    )


def _log_change(
    logs: LogWriter, user_id: str, session: ConversationDocument, change: str, at: int
) -> list[Event]:
    payload = EventPayload(EventKind.CONVERSATION, ConversationChange(session.id, change))
    return logs.add(user_id, payload, at=at)


class Questions:
    """The questions and answers of a batch; most batches have none."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._open: dict[MessageKey, QuestionDocument] = {}

    async def open(self, drafts: Iterable[Draft]) -> None:
        """Read the questions that the drafts answer."""
        answered = [
            encoded(MessageKey(draft.conversation_id, draft.reply_to))
            for draft in drafts
            if draft.sender_id == RESPONDER_ID and draft.reply_to is not None
        ]
        if answered:
            found = await self._transaction.find(QUESTIONS, {"message": {"$in": answered}})
            self._open = {each.message: each for each in found}

    def add(self, draft: Draft, key: MessageKey, message_id: str) -> None:
        """Note that the draft, now a message, asks or answers."""
        if draft.recipient_id == RESPONDER_ID:
            asked = QuestionDocument(id=message_id, message=key)
            self._open[key] = self._transaction.add(QUESTIONS, asked)
        elif draft.sender_id == RESPONDER_ID and draft.reply_to is not None:
            settled = self._open.pop(MessageKey(draft.conversation_id, draft.reply_to), None)
            if settled is not None:
                self._transaction.remove(QUESTIONS, settled)


async def read_unanswered(view: View, *, after: str = "", limit: int) -> list[Message]:
    """Implements `ports.storage.Conversations.unanswered`."""
    unanswered: list[Message] = []
    while len(unanswered) < limit:
        order = [("_id", ASCENDING)]
        asked = await view.find(QUESTIONS, {"_id": {"$gt": after}}, order=order, limit=limit)
        found = await view.get(MESSAGES, [each.message for each in asked])
        undeleted = {each.message_id: each for each in found if each.deleted_at is None}
        unanswered += [
            verified(undeleted[each.id].original()) for each in asked if each.id in undeleted
        ]
        if len(asked) < limit:
            break
        after = asked[-1].id
    return unanswered[:limit]


async def forget_questions(
    transaction: Transaction, conversation_id: str, *, before: int = PAST_THE_END
) -> None:
    """Remove all unanswered questions of a conversation, or those before a `seq`."""
    messages = in_conversation(conversation_id, before=before)
    for each in await transaction.find(QUESTIONS, {"message": messages}):
        transaction.remove(QUESTIONS, each)


class SessionMethods(StorageMethods[MongoDatabase]):
    """Sessions; `ports.storage.Conversations` documents the methods."""

    create_session = writing(create_session)
    rename_session = writing(rename_session)
    delete_session = using_database(delete_session)
    unanswered = reading(read_unanswered)
