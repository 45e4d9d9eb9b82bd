"""Sessions with the responder, and the questions in them that have no answer yet."""

from sqlalchemy import BigInteger, Text, delete, null, select, tuple_, update

from backchannel.domain.conversations import ConversationKind, ConversationView
from backchannel.domain.errors import NotFound
from backchannel.domain.events import ConversationChange, Event, EventKind, EventPayload
from backchannel.domain.ids import RESPONDER_ID, session_conversation_id
from backchannel.domain.messages import Draft, Message, fingerprint
from backchannel.storage.shared.checksummed_message import Original, content_of
from backchannel.storage.shared.methods import StorageMethods, reading, writing
from backchannel.storage.sql.attachments import detach_all
from backchannel.storage.sql.checksums import fetch_messages
from backchannel.storage.sql.conversations import read_conversation
from backchannel.storage.sql.database import Database, Transaction
from backchannel.storage.sql.locked_conversations import (
    LockedConversation,
    insert_conversations,
    read_locked,
)
from backchannel.storage.sql.log_writer import LogWriter
from backchannel.storage.sql.parameters import parameter, rows_parameter
from backchannel.storage.sql.rows import CHECKSUMMED_COLUMNS, MESSAGES, ORIGINAL_COLUMNS
from backchannel.storage.sql.schema import conversation, member, message, question

_this_one = conversation.c.number == parameter("conversation")
RENAME = (
    update(conversation)
    .values(name=parameter("new_name"), updated_at=parameter("at"), deleted_at=null())
    .where(_this_one)
)
DELETE = (
    update(conversation)
    .values(deleted_at=parameter("at"), first_count=0, second_count=0)
    .where(_this_one)
)
RESET_MEMBER = (
    update(member)
    .values(read_count=0, settings="")
    .where(member.c.conversation == parameter("conversation"))
)
UNDELETED = (
    select(*ORIGINAL_COLUMNS)
    .select_from(MESSAGES)
    .where(message.c.conversation == parameter("conversation"), message.c.deleted_at.is_(None))
)
_purged = rows_parameter("purged", seq=BigInteger, fingerprint=Text)
PURGE = (
    update(message)
    .values(
        body="",
        reactions="",
        files="",
        deleted_at=parameter("at"),
        revision=message.c.revision + 1,
        fingerprint=_purged["fingerprint"],
    )
    .where(message.c.conversation == parameter("conversation"), message.c.seq == _purged["seq"])
)

UNANSWERED = (
    select(*CHECKSUMMED_COLUMNS)
    .select_from(
        MESSAGES.join(
            question,
            (question.c.conversation == message.c.conversation) & (question.c.seq == message.c.seq),
        )
    )
    .where(message.c.deleted_at.is_(None), message.c.id > parameter("after"))
    .order_by(message.c.id)
    .limit(parameter("limit"))
)
_settled = rows_parameter("settled", conversation=BigInteger, seq=BigInteger)
SETTLE = delete(question).where(
    tuple_(question.c.conversation, question.c.seq).in_(
        select(_settled["conversation"], _settled["seq"])
    )
)
FORGET_ALL = delete(question).where(question.c.conversation == parameter("conversation"))

MessageNumber = tuple[int, int]
"""A conversation's number and a `seq`."""


async def create_session(
    transaction: Transaction, user_id: str, key: str, *, name: str, at: int
) -> tuple[ConversationView, list[Event]]:
    """The user's session with this key, created if it does not exist or was deleted."""
    conversation_id = session_conversation_id(user_id, key)
    logs = await LogWriter.open(transaction, [user_id])
    existing = await read_conversation(transaction, user_id, conversation_id)
    if existing is not None:
        return existing, []
    if user_id not in logs.users or logs.users[user_id].erased_at is not None:
        raise NotFound("user not found")
    deleted = (await read_locked(transaction, [conversation_id])).get(conversation_id)
    if deleted is None:
        pair = logs.users[user_id], logs.users[RESPONDER_ID]
        new = {conversation_id: pair}
        await insert_conversations(
            transaction, new, ConversationKind.SESSION, at=at, key=key, name=name
        )
    else:
        await transaction.execute(RENAME, conversation=deleted.number, new_name=name, at=at)
    events = await _log_change(transaction, logs, user_id, conversation_id, "created", at=at)
    view = await read_conversation(transaction, user_id, conversation_id)
    if view is None:
        raise NotFound("session not found")
    return view, events


async def rename_session(
    transaction: Transaction, user_id: str, key: str, *, name: str, at: int
) -> list[Event]:
    """Give a session another name. Raises `NotFound`."""
    logs = await LogWriter.open(transaction, [user_id])
    session = await _session(transaction, user_id, key)
    if logs.users[user_id].erased_at is not None:
        raise NotFound("session not found")
    await transaction.execute(RENAME, conversation=session.number, new_name=name, at=at)
    return await _log_change(transaction, logs, user_id, session.id, "renamed", at=at)


async def delete_session(
    transaction: Transaction, user_id: str, key: str, *, at: int
) -> list[Event]:
    """Turn the session's messages into tombstones and stop listing it. Raises `NotFound`."""
    logs = await LogWriter.open(transaction, [user_id])
    session = await _session(transaction, user_id, key)
    undeleted = await transaction.fetch(UNDELETED, Original, conversation=session.number)
    purged = [(each.seq, each.fingerprint or fingerprint(*content_of(each))) for each in undeleted]
    await transaction.execute(PURGE, conversation=session.number, purged=purged, at=at)
    await detach_all(transaction, session.number)
    await forget_questions(transaction, session.number)
    await transaction.execute(RESET_MEMBER, conversation=session.number)
    await transaction.execute(DELETE, conversation=session.number, at=at)
    return await _log_change(transaction, logs, user_id, session.id, "deleted", at=at)


async def _session(transaction: Transaction, user_id: str, key: str) -> LockedConversation:
    conversation_id = session_conversation_id(user_id, key)
    session = (await read_locked(transaction, [conversation_id])).get(conversation_id)
    if session is None or session.deleted_at is not None:
        raise NotFound("session not found")
    return session


async def _log_change(
    transaction: Transaction,
    logs: LogWriter,
    user_id: str,
    conversation_id: str,
    change: str,
    *,
    at: int,
) -> list[Event]:
    payload = EventPayload(EventKind.CONVERSATION, ConversationChange(conversation_id, change))
    events = logs.add(user_id, payload, at=at)
    await logs.write(transaction)
    return events


class Questions:
    """The questions and answers of a batch; most batches have none."""

    def __init__(self) -> None:
        self._asked: list[MessageNumber] = []
        self._settled: list[MessageNumber] = []

    def add(self, draft: Draft, conversation: int, seq: int) -> None:
        """Note that the draft, now a message there, asks or answers."""
        if draft.recipient_id == RESPONDER_ID:
            self._asked.append((conversation, seq))
        elif draft.sender_id == RESPONDER_ID and draft.reply_to is not None:
            self._settled.append((conversation, draft.reply_to))

    async def write(self, transaction: Transaction) -> None:
        """Store the changes."""
        if self._asked:
            await transaction.insert(question, ("conversation", "seq"), sorted(self._asked))
        if self._settled:
            await transaction.execute(SETTLE, settled=self._settled)


async def read_unanswered(
    transaction: Transaction, *, after: str = "", limit: int
) -> list[Message]:
    """Implements `ports.storage.Conversations.unanswered`."""
    return await fetch_messages(transaction, UNANSWERED, after=after, limit=limit)


async def forget_questions(transaction: Transaction, conversation: int) -> None:
    """Remove all unanswered questions of a conversation."""
    await transaction.execute(FORGET_ALL, conversation=conversation)


class SessionMethods(StorageMethods[Database]):
    """Sessions; `ports.storage.Conversations` documents the methods."""

    create_session = writing(create_session)
    rename_session = writing(rename_session)
    delete_session = writing(delete_session)
    unanswered = reading(read_unanswered)
