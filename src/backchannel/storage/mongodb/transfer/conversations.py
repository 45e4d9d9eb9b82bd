"""Conversations, their members and messages, and the logs in which users find them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from backchannel.domain.conversations import ConversationKind, ConversationSettings
from backchannel.domain.messages import size_of
from backchannel.ports.storage.transfer import (
    ConversationRecord,
    EntryRecord,
    Key,
    MemberRecord,
    MessageRecord,
    QuestionRecord,
    Record,
)
from backchannel.storage.mongodb.conversations import count_blocks, members_of
from backchannel.storage.mongodb.documents import (
    ConversationDocument,
    EntryDocument,
    EntryKey,
    MemberMarks,
    MessageDocument,
    MessageKey,
    QuestionDocument,
    sent_as,
)
from backchannel.storage.mongodb.reader import ASCENDING, View, find_one
from backchannel.storage.mongodb.schema import CONVERSATIONS, LOG, MESSAGES, QUESTIONS, USERS
from backchannel.storage.mongodb.staging import Transaction
from backchannel.storage.mongodb.transfer.kinds import (
    RecordKind,
    add_new,
    existing,
    fetch_by_key,
    same_fields,
)

_DIRECT = ConversationKind.DIRECT.value

_decode = msgspec.json.Decoder(ConversationSettings).decode


async def _add_conversations(transaction: Transaction, page: Sequence[ConversationRecord]) -> None:
    pairs = [(each.first_id, each.second_id) for each in page if each.kind == _DIRECT]
    blocks = await count_blocks(transaction, pairs)
    documents = [
        ConversationDocument(
            **msgspec.structs.asdict(each),
            members=members_of(each.first_id, each.second_id),
            first=MemberMarks(),
            second=MemberMarks(),
            blocks=blocks.get(each.id, 0),
            listed=each.deleted_at is None and (each.last_seq > 0 or each.kind != _DIRECT),
        )
        for each in page
    ]
    await add_new(transaction, CONVERSATIONS, documents)


async def _members(view: View, after: Key | None, limit: int) -> list[MemberRecord]:
    """Whole conversations, so that the last record names the last conversation."""
    query = {} if after is None else {"_id": {"$gt": after[1]}}
    order = [("_id", ASCENDING)]
    found = await view.find(CONVERSATIONS, query, order=order, limit=limit // 2)
    return [_member(each, user_id) for each in found for user_id in each.members]


def _member(document: ConversationDocument, user_id: str) -> MemberRecord:
    marks = document.marks_of(user_id)
    return MemberRecord(
        user_id=user_id,
        conversation_id=document.id,
        delivered_seq=marks.delivered_seq,
        read_seq=marks.read_seq,
        told_delivered_seq=marks.told_delivered_seq,
        told_read_seq=marks.told_read_seq,
        read_count=marks.read_count,
        settings=_encoded_settings(marks.settings),
    )


def _encoded_settings(settings: ConversationSettings) -> str:
    if settings == ConversationSettings():
        return ""
    return msgspec.json.encode(settings).decode()


def _decoded_settings(settings: str) -> ConversationSettings:
    return _decode(settings) if settings else ConversationSettings()


async def _add_members(transaction: Transaction, page: Sequence[MemberRecord]) -> None:
    conversations = await existing(
        transaction, CONVERSATIONS, (each.conversation_id for each in page)
    )
    for each in page:
        marks = conversations[each.conversation_id].marks_of(each.user_id)
        for name in ("delivered_seq", "read_seq", "told_delivered_seq", "told_read_seq"):
            setattr(marks, name, getattr(each, name))
        marks.read_count = each.read_count
        marks.settings = _decoded_settings(each.settings)


async def _messages(view: View, after: Key | None, limit: int) -> list[MessageRecord]:
    """In the order of their numbers, for which there is a temporary index."""
    last = None
    if after is not None:
        last = await find_one(view, MESSAGES, {"message_id": after[0]})
    query = {"number": {"$gt": 0 if last is None else last.number}}
    order = [("number", ASCENDING)]
    return [_message(each) for each in await view.find(MESSAGES, query, order=order, limit=limit)]


def _message(document: MessageDocument) -> MessageRecord:
    original = document.original()
    return MessageRecord(*(getattr(original, name) for name in MessageRecord.__struct_fields__))


async def _add_messages(transaction: Transaction, page: Sequence[MessageRecord]) -> None:
    await existing(transaction, CONVERSATIONS, (each.conversation_id for each in page))
    documents: list[MessageDocument] = []
    for each in page:
        fields = msgspec.structs.asdict(each)
        key = MessageKey(fields.pop("conversation_id"), fields.pop("seq"))
        documents.append(
            MessageDocument(
                **{"message_id": fields.pop("id"), **fields},
                id=key,
                number=transaction.next_number(),
                members=members_of(each.sender_id, each.recipient_id),
                sent_as=sent_as(each.sender_id, each.client_id),
                size=size_of(each),
            )
        )
    await add_new(transaction, MESSAGES, documents)


def _question(document: Any) -> QuestionRecord:
    key: MessageKey = document.message
    return QuestionRecord(message_id=document.id, conversation_id=key.conversation, seq=key.seq)


async def _add_questions(transaction: Transaction, page: Sequence[QuestionRecord]) -> None:
    documents = [
        QuestionDocument(id=each.message_id, message=MessageKey(each.conversation_id, each.seq))
        for each in page
    ]
    await add_new(transaction, QUESTIONS, documents)


def _entry(document: EntryDocument) -> EntryRecord:
    key = document.message
    return EntryRecord(
        user_id=document.id.user,
        position=document.id.position,
        kind=document.kind,
        own=document.own,
        conversation_id=None if key is None else key.conversation,
        seq=None if key is None else key.seq,
        data=document.data,
        at=document.at,
    )


async def _add_entries(transaction: Transaction, page: Sequence[EntryRecord]) -> None:
    await existing(transaction, USERS, (each.user_id for each in page))
    documents = [
        EntryDocument(
            id=EntryKey(each.user_id, each.position),
            kind=each.kind,
            own=each.own,
            message=_message_key(each),
            data=each.data,
            at=each.at,
        )
        for each in page
    ]
    await add_new(transaction, LOG, documents)


def _message_key(entry: EntryRecord) -> MessageKey | None:
    if entry.conversation_id is None or entry.seq is None:
        return None
    return MessageKey(entry.conversation_id, entry.seq)


KINDS: dict[type[Record], RecordKind] = {
    ConversationRecord: RecordKind(
        fetch_by_key(CONVERSATIONS, same_fields(ConversationRecord)), _add_conversations
    ),
    MemberRecord: RecordKind(_members, _add_members),
    MessageRecord: RecordKind(_messages, _add_messages),
    QuestionRecord: RecordKind(
        fetch_by_key(QUESTIONS, _question, key=MessageKey, field="message"), _add_questions
    ),
    EntryRecord: RecordKind(fetch_by_key(LOG, _entry, key=EntryKey), _add_entries),
}
