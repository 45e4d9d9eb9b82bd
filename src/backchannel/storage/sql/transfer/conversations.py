"""Conversations, their members and messages, and the logs in which users find them."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, Subquery, case

from backchannel.domain.events import EventKind
from backchannel.ports.storage.transfer import (
    ConversationRecord,
    EntryRecord,
    Key,
    MemberRecord,
    MessageRecord,
    QuestionRecord,
    Record,
)
from backchannel.storage.sql.database import Transaction
from backchannel.storage.sql.log import KINDS as EVENT_KINDS
from backchannel.storage.sql.log_writer import KIND_NUMBERS, LOG_COLUMNS, OWN_MESSAGE
from backchannel.storage.sql.schema import account, conversation, log, member, message, question
from backchannel.storage.sql.transfer.kinds import (
    ARRIVAL,
    KeyColumn,
    Pages,
    RecordKind,
    conversation_id,
    conversation_numbers,
    fields,
    in_conversation,
    of_user,
    user_id,
    user_numbers,
)

CONVERSATION_FIELDS = tuple(
    each for each in ConversationRecord.__struct_fields__ if each != "asked_id"
)
MARK_FIELDS = tuple(
    each for each in MemberRecord.__struct_fields__ if each not in {"user_id", "conversation_id"}
)

IDS = {"conversation_id", "sender_id", "recipient_id"}
MESSAGE_FIELDS = tuple(each for each in MessageRecord.__struct_fields__ if each not in IDS)


def _conversations(page: Subquery) -> Select[Any]:
    source = page.outerjoin(account, account.c.number == page.c.asked)
    return fields(ConversationRecord, page, source, asked_id=account.c.id)


async def _add_conversations(transaction: Transaction, page: Sequence[ConversationRecord]) -> None:
    pairs = (member_id for each in page for member_id in (each.first_id, each.second_id))
    numbers = await user_numbers(transaction, pairs)
    values = attrgetter(*CONVERSATION_FIELDS)
    rows = [
        (
            *values(each),
            numbers[each.first_id],
            numbers[each.second_id],
            None if each.asked_id is None else numbers[each.asked_id],
        )
        for each in page
    ]
    columns = (*CONVERSATION_FIELDS, "first", "second", "asked")
    await transaction.insert(conversation, columns, rows)


def _members(page: Subquery) -> Select[Any]:
    source = of_user(page).join(conversation, conversation.c.number == page.c.conversation)
    ids = {"user_id": account.c.id, "conversation_id": conversation.c.id}
    return fields(MemberRecord, page, source, **ids)


async def _add_members(transaction: Transaction, page: Sequence[MemberRecord]) -> None:
    users = await user_numbers(transaction, (each.user_id for each in page))
    conversations = await conversation_numbers(transaction, (each.conversation_id for each in page))
    values = attrgetter(*MARK_FIELDS)
    rows = [
        (users[each.user_id], conversations[each.conversation_id], *values(each)) for each in page
    ]
    await transaction.insert(member, ("account", "conversation", *MARK_FIELDS), rows)


CONVERSATION_PAGES = Pages(ConversationRecord, [KeyColumn(conversation.c.id)], _conversations)
MEMBER_PAGES = Pages(
    MemberRecord, [user_id(member.c.account), conversation_id(member.c.conversation)], _members
)


def _messages(page: Subquery) -> Select[Any]:
    from_first = page.c.sender == conversation.c.first
    first, second = conversation.c.first_id, conversation.c.second_id
    ids: dict[str, ColumnElement[Any]] = {
        "conversation_id": conversation.c.id,
        "sender_id": case((from_first, first), else_=second),
        "recipient_id": case((from_first, second), else_=first),
    }
    return fields(MessageRecord, page, in_conversation(page), **ids)


async def _add_messages(transaction: Transaction, page: Sequence[MessageRecord]) -> None:
    users = await user_numbers(transaction, (each.sender_id for each in page))
    conversations = await conversation_numbers(transaction, (each.conversation_id for each in page))
    values = attrgetter(*MESSAGE_FIELDS)
    rows = [
        (conversations[each.conversation_id], users[each.sender_id], *values(each)) for each in page
    ]
    await transaction.insert(message, ("conversation", "sender", *MESSAGE_FIELDS), rows)


def _questions(page: Subquery) -> Select[Any]:
    asked = (message.c.conversation == page.c.conversation) & (message.c.seq == page.c.seq)
    ids = {"message_id": message.c.id, "conversation_id": conversation.c.id}
    return fields(QuestionRecord, page, in_conversation(page).join(message, asked), **ids)


async def _add_questions(transaction: Transaction, page: Sequence[QuestionRecord]) -> None:
    conversations = await conversation_numbers(transaction, (each.conversation_id for each in page))
    rows = [(conversations[each.conversation_id], each.seq) for each in page]
    await transaction.insert(question, ("conversation", "seq"), rows)


class _EntryRow(msgspec.Struct, gc=False):
    user_id: str
    position: int
    number: int
    conversation_id: str | None
    seq: int | None
    data: str | None
    at: int

    def record(self) -> EntryRecord:
        return EntryRecord(
            user_id=self.user_id,
            position=self.position,
            kind=EVENT_KINDS[self.number].value,
            own=self.number == OWN_MESSAGE,
            conversation_id=self.conversation_id,
            seq=self.seq,
            data=self.data,
            at=self.at,
        )


def _entries(page: Subquery) -> Select[Any]:
    source = of_user(page).outerjoin(conversation, conversation.c.number == page.c.conversation)
    others = {"user_id": account.c.id, "number": page.c.kind, "conversation_id": conversation.c.id}
    return fields(_EntryRow, page, source, **others)


async def _fetch_entries(
    transaction: Transaction, *, after: Key | None, limit: int
) -> list[EntryRecord]:
    rows = await ENTRY_PAGES.fetch(transaction, after=after, limit=limit)
    return [row.record() for row in rows]


async def _add_entries(transaction: Transaction, page: Sequence[EntryRecord]) -> None:
    users = await user_numbers(transaction, (each.user_id for each in page))
    conversations = await conversation_numbers(transaction, (each.conversation_id for each in page))
    rows = [
        (
            users[each.user_id],
            each.position,
            OWN_MESSAGE if each.own else KIND_NUMBERS[EventKind(each.kind)],
            None if each.conversation_id is None else conversations[each.conversation_id],
            each.seq,
            each.data,
            each.at,
        )
        for each in page
    ]
    await transaction.insert(log, LOG_COLUMNS, rows)


MESSAGE_PAGES = Pages(MessageRecord, [ARRIVAL], _messages)
QUESTION_PAGES = Pages(
    QuestionRecord,
    [conversation_id(question.c.conversation), KeyColumn(question.c.seq)],
    _questions,
)
ENTRY_PAGES = Pages(_EntryRow, [user_id(log.c.account), KeyColumn(log.c.position)], _entries)

KINDS: dict[type[Record], RecordKind] = {
    ConversationRecord: RecordKind(CONVERSATION_PAGES.fetch, _add_conversations),
    MemberRecord: RecordKind(MEMBER_PAGES.fetch, _add_members),
    MessageRecord: RecordKind(MESSAGE_PAGES.fetch, _add_messages),
    QuestionRecord: RecordKind(QUESTION_PAGES.fetch, _add_questions),
    EntryRecord: RecordKind(_fetch_entries, _add_entries),
}
