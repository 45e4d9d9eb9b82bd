"""Conversations as their members see them."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Text, case, literal_column, null, select, tuple_

from backchannel.domain.conversations import ConversationKind, ConversationView, Marks, RequestState
from backchannel.domain.errors import NotFound
from backchannel.domain.ids import direct_conversation_id
from backchannel.domain.messages import BODY_LIMIT, PAGE_BYTES, Message, size_of
from backchannel.storage.shared.methods import StorageMethods, reading, writing
from backchannel.storage.sql.checksums import fetch_messages
from backchannel.storage.sql.database import Database, Transaction
from backchannel.storage.sql.locked_conversations import insert_direct_conversations
from backchannel.storage.sql.log_writer import LogWriter
from backchannel.storage.sql.parameters import any_of, parameter
from backchannel.storage.sql.rows import CHECKSUMMED_COLUMNS, MESSAGES
from backchannel.storage.sql.schema import account, conversation, member, message
from backchannel.storage.sql.settings import settings_of


class _Row(msgspec.Struct):
    id: str
    number: int
    kind: ConversationKind
    peer_id: str
    last_seq: int
    created_at: int
    updated_at: int
    key: str | None
    name: str | None
    other_count: int
    read_count: int
    delivered_seq: int
    read_seq: int
    settings: str
    # The responder is not a member.
    peer_delivered_seq: int | None
    peer_read_seq: int | None
    request: RequestState | None


_mine = member.alias("mine")
_theirs = member.alias("theirs")
_is_first = conversation.c.first == _mine.c.account
_peer = case((_is_first, conversation.c.second), else_=conversation.c.first)

_asked_me = conversation.c.asked == account.c.number


def _state(state: RequestState) -> ColumnElement[str]:
    return literal_column(f"'{state.value}'", Text)


_VIEWS = (
    select(
        conversation.c.id,
        conversation.c.number,
        conversation.c.kind,
        case((_is_first, conversation.c.second_id), else_=conversation.c.first_id),
        conversation.c.last_seq,
        conversation.c.created_at,
        conversation.c.updated_at,
        conversation.c.key,
        conversation.c.name,
        case((_is_first, conversation.c.second_count), else_=conversation.c.first_count),
        _mine.c.read_count,
        _mine.c.delivered_seq,
        _mine.c.read_seq,
        _mine.c.settings,
        _theirs.c.told_delivered_seq,
        _theirs.c.told_read_seq,
        case(
            (_asked_me & conversation.c.declined_at.is_(None), _state(RequestState.PENDING)),
            (_asked_me, _state(RequestState.DECLINED)),
            else_=null(),
        ),
    )
    .select_from(
        account.join(_mine, _mine.c.account == account.c.number)
        .join(conversation, conversation.c.number == _mine.c.conversation)
        .outerjoin(
            _theirs,
            (_theirs.c.conversation == conversation.c.number) & (_theirs.c.account == _peer),
        )
    )
    .where(account.c.id == parameter("user_id"), conversation.c.deleted_at.is_(None))
)
VIEW = _VIEWS.where(conversation.c.id == parameter("conversation_id"))
_activity = tuple_(conversation.c.updated_at, conversation.c.id)
_has_begun = (conversation.c.last_seq > 0) | (conversation.c.kind != ConversationKind.DIRECT.value)
_PAGE = (
    _VIEWS.where(_has_begun, _activity < tuple_(parameter("before_at"), parameter("before_id")))
    .order_by(conversation.c.updated_at.desc(), conversation.c.id.desc())
    .limit(parameter("limit"))
)
VIEWS = _PAGE.where(conversation.c.asked.is_(None) | ~_asked_me)
VIEWS_OF_KIND = VIEWS.where(conversation.c.kind == parameter("kind"))
_REQUESTS = _PAGE.where(_asked_me, conversation.c.first_count + conversation.c.second_count > 0)
REQUESTS = {
    RequestState.PENDING: _REQUESTS.where(conversation.c.declined_at.is_(None)),
    RequestState.DECLINED: _REQUESTS.where(conversation.c.declined_at.is_not(None)),
}
LAST_MESSAGES = (
    select(*CHECKSUMMED_COLUMNS)
    .select_from(MESSAGES)
    .where(
        conversation.c.number.in_(any_of("numbers", BigInteger)),
        message.c.seq == conversation.c.last_seq,
    )
)
LOOKED_UP = PAGE_BYTES // BODY_LIMIT
"""Last messages read at a time: together they fit on a page, however long they are."""
NEWER_THAN_ALL = (2**63 - 1, "")


async def read_conversation(
    transaction: Transaction, user_id: str, conversation_id: str
) -> ConversationView | None:
    """A conversation as its member sees it; None for anyone else."""
    rows = await transaction.fetch(VIEW, _Row, user_id=user_id, conversation_id=conversation_id)
    views = await _with_messages(transaction, rows)
    return views[0] if views else None


async def read_conversations(
    transaction: Transaction,
    user_id: str,
    *,
    before: tuple[int, str] | None,
    limit: int,
    kind: ConversationKind | None = None,
    request: RequestState | None = None,
) -> list[ConversationView]:
    """A page of a member's conversations, newest activity first."""
    at, conversation_id = before or NEWER_THAN_ALL
    page = {"user_id": user_id, "before_at": at, "before_id": conversation_id, "limit": limit}
    if request is not None:
        rows = await transaction.fetch(REQUESTS[request], _Row, **page)
    elif kind is None:
        rows = await transaction.fetch(VIEWS, _Row, **page)
    else:
        rows = await transaction.fetch(VIEWS_OF_KIND, _Row, kind=kind.value, **page)
    return await _with_messages(transaction, rows)


async def _with_messages(transaction: Transaction, rows: Sequence[_Row]) -> list[ConversationView]:
    """The conversations with their last messages, up to the one whose message fills the page."""
    views: list[ConversationView] = []
    room = PAGE_BYTES
    for start in range(0, len(rows), LOOKED_UP):
        part = rows[start : start + LOOKED_UP]
        numbers = [row.number for row in part if row.last_seq]
        found = await fetch_messages(transaction, LAST_MESSAGES, numbers=numbers) if numbers else []
        last = {message.conversation_id: message for message in found}
        for row in part:
            views.append(_view(row, message := last.get(row.id)))
            room -= size_of(message) if message else 0
            if room <= 0:
                return views
    return views


def _view(row: _Row, last_message: Message | None) -> ConversationView:
    return ConversationView(
        id=row.id,
        kind=row.kind,
        peer_id=row.peer_id,
        last_seq=row.last_seq,
        created_at=row.created_at,
        updated_at=row.updated_at,
        key=row.key,
        name=row.name,
        unread=row.other_count - row.read_count,
        mine=Marks(row.delivered_seq, row.read_seq),
        theirs=Marks(row.peer_delivered_seq or 0, row.peer_read_seq or 0),
        last_message=last_message,
        settings=settings_of(row.settings),
        request=row.request,
    )


async def create_direct(
    transaction: Transaction, user_id: str, other_id: str, *, at: int
) -> ConversationView:
    """The conversation of two users, created if it does not exist. Raises `NotFound`."""
    # Their locked logs keep a first message from creating it at the same time.
    logs = await LogWriter.open(transaction, {user_id, other_id})
    own, other = logs.users.get(user_id), logs.users.get(other_id)
    if own is None or other is None or not own.number or not other.number or own is other:
        raise NotFound("user not found")
    if own.erased_at is not None or other.erased_at is not None:
        raise NotFound("user not found")
    conversation_id = direct_conversation_id(user_id, other_id)
    view = await read_conversation(transaction, user_id, conversation_id)
    if view is None:
        await insert_direct_conversations(transaction, [(own, other)], at=at)
        view = await read_conversation(transaction, user_id, conversation_id)
    if view is None:
        raise NotFound("conversation not found")
    return view


class ConversationMethods(StorageMethods[Database]):
    """Conversations; `ports.storage.Conversations` documents the methods."""

    conversation = reading(read_conversation)
    conversations = reading(read_conversations)
    create_direct = writing(create_direct)
