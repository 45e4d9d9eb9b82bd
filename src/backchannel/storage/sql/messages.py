"""Reading messages, one by one or by page.

Pages are bounded by their size as well as by their number of messages (rule R13). A recursive
query goes from one message to the next and adds up their sizes, so that nothing past the end of a
page is read. A page has at least one message, and at most one more than fits.
"""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    func,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from backchannel.domain.messages import PAGE_BYTES, Message, fitting
from backchannel.storage.shared.methods import StorageMethods, reading
from backchannel.storage.sql.checksums import MESSAGE, HistoryQuery, fetch_messages, salvage_history
from backchannel.storage.sql.database import Database, Transaction, Unreadable
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.rows import CHECKSUMMED_COLUMNS, MESSAGES
from backchannel.storage.sql.schema import attachment, conversation, log, message


class Bytes(FunctionElement[int]):
    """The length of a text in bytes."""

    type = Integer()
    inherit_cache = True


@compiles(Bytes)
def _bytes(element: Bytes, compiler: SQLCompiler, **options: Any) -> str:
    return f"octet_length({compiler.process(element.clauses, **options)})"


@compiles(Bytes, "sqlite")
def _bytes_of_blob(element: Bytes, compiler: SQLCompiler, **options: Any) -> str:
    # Its octet_length is too new.
    return f"length(CAST({compiler.process(element.clauses, **options)} AS BLOB))"


SIZE = Bytes(message.c.body) + func.length(message.c.files) + func.length(message.c.reactions)
"""Like `domain.messages.size_of`, except for control characters: pages with many are cut again."""
_ROOM = (PAGE_BYTES - SIZE).label("room")

_next = message.alias("next")
_attached = attachment.alias("attached")
_ATTACHED = _attached.join(
    _next, (_next.c.conversation == _attached.c.conversation) & (_next.c.seq == _attached.c.seq)
)
_entry = log.alias("entry")

LOGGED = log.join(
    message, (message.c.conversation == log.c.conversation) & (message.c.seq == log.c.seq)
)


def history_query(
    *, newest_first: bool, undeleted: bool = False, with_files: bool = False
) -> Select[Any]:
    """Up to `:limit` messages of `:conversation_id` between `:after` and `:before`.

    `undeleted` leaves out those that have been deleted, `with_files` those without files.
    """
    after, before = parameter("after"), parameter("before")
    number = (
        select(conversation.c.number)
        .where(conversation.c.id == parameter("conversation_id"))
        .scalar_subquery()
    )
    source, named = (_ATTACHED, _attached.c) if with_files else (_next, _next.c)
    following = (
        select(_next.c.number)
        .select_from(source)
        .where(named.conversation == number)
        .order_by(named.seq.desc() if newest_first else named.seq)
        .limit(1)
    )
    if undeleted:
        following = following.where(_next.c.deleted_at.is_(None))
    first = following.where(named.seq > after, named.seq < before)
    page = _first_row(message, message.c.seq, message.c.number == first.scalar_subquery())
    between = (after, page.c.sort_key) if newest_first else (page.c.sort_key, before)
    following = following.where(named.seq > between[0], named.seq < between[1]).correlate(page)
    page = _following_rows(
        page, message, message.c.seq, message.c.number == following.scalar_subquery()
    )
    return _messages(page).order_by(page.c.sort_key.desc() if newest_first else page.c.sort_key)


def logged_query() -> Select[Any]:
    """The messages that `:account`'s log names past `:after` and up to `:last`, in its order."""
    following = select(func.min(_entry.c.position)).where(
        _entry.c.account == parameter("account"),
        _entry.c.position <= parameter("last"),
        _entry.c.seq.is_not(None),
    )
    first = following.where(_entry.c.position > parameter("after"))
    page = _first_row(LOGGED, log.c.position, _is_logged_at(first))
    following = following.where(_entry.c.position > page.c.sort_key).correlate(page)
    page = _following_rows(page, LOGGED, log.c.position, _is_logged_at(following))
    return _messages(page).order_by(page.c.sort_key)


def _is_logged_at(position: Select[Any]) -> ColumnElement[bool]:
    return (log.c.account == parameter("account")) & (log.c.position == position.scalar_subquery())


def _first_row(
    source: FromClause, sort_key: ColumnElement[Any], is_first: ColumnElement[bool]
) -> CTE:
    """A page of one message, with the room that it leaves: bytes, and messages."""
    others = parameter("limit", Integer) - 1
    return (
        select(message.c.number, sort_key.label("sort_key"), _ROOM, others.label("others"))
        .select_from(source)
        .where(is_first)
        .cte("page", recursive=True)
    )


def _following_rows(
    page: CTE, source: FromClause, sort_key: ColumnElement[Any], is_next: ColumnElement[bool]
) -> CTE:
    """The page with the messages that follow while there is room."""
    return page.union_all(
        select(message.c.number, sort_key, page.c.room - SIZE, page.c.others - 1)
        .select_from(page.join(source, is_next))
        .where(page.c.room > 0, page.c.others > 0)
    )


def _messages(page: CTE) -> Select[Any]:
    return select(*CHECKSUMMED_COLUMNS).select_from(
        MESSAGES.join(page, page.c.number == message.c.number)
    )


MESSAGE_BY_ID = (
    select(*CHECKSUMMED_COLUMNS)
    .select_from(MESSAGES)
    .where(message.c.id == parameter("message_id"))
)

NEXT = history_query(newest_first=False)
NEWEST_FIRST = HistoryQuery(history_query(newest_first=True), newest_first=True)
NEWEST_UNDELETED = HistoryQuery(
    history_query(newest_first=True, undeleted=True), newest_first=True, undeleted=True
)
OLDEST_FIRST = HistoryQuery(NEXT, newest_first=False)
NEWEST_WITH_FILES, OLDEST_WITH_FILES = (
    HistoryQuery(
        history_query(newest_first=newest_first, with_files=True),
        newest_first=newest_first,
        with_files=True,
    )
    for newest_first in (True, False)
)
PAST_THE_END = 2**63 - 1


async def read_message(transaction: Transaction, conversation_id: str, seq: int) -> Message | None:
    """The message with that number, if there is one."""
    found = await fetch_messages(transaction, MESSAGE, conversation_id=conversation_id, seq=seq)
    return found[0] if found else None


async def read_message_by_id(transaction: Transaction, message_id: str) -> Message | None:
    """The message with this id; None if there is none."""
    found = await fetch_messages(transaction, MESSAGE_BY_ID, message_id=message_id)
    return found[0] if found else None


async def read_history(
    transaction: Transaction,
    conversation_id: str,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int,
    with_files: bool = False,
) -> list[Message]:
    """A page of a conversation, as `ports.storage.Messages.history` specifies."""
    if with_files:
        query = NEWEST_WITH_FILES if after is None else OLDEST_WITH_FILES
    else:
        query = NEWEST_FIRST if after is None else OLDEST_FIRST
    return await _read_page(
        transaction, query, conversation_id, after=after or 0, before=before, limit=limit
    )


async def read_undeleted(
    transaction: Transaction, conversation_id: str, *, before: int | None, limit: int
) -> list[Message]:
    """Implements `ports.storage.Messages.undeleted`."""
    return await _read_page(
        transaction, NEWEST_UNDELETED, conversation_id, after=0, before=before, limit=limit
    )


async def _read_page(
    transaction: Transaction,
    query: HistoryQuery,
    conversation_id: str,
    *,
    after: int,
    before: int | None,
    limit: int,
) -> list[Message]:
    """A page, the oldest message first. A damaged message does not affect the others (rule R18)."""
    bounds = {"after": after, "before": PAST_THE_END if before is None else before, "limit": limit}
    try:
        page = await fetch_messages(
            transaction, query.text, conversation_id=conversation_id, **bounds
        )
    except Unreadable:
        page = await salvage_history(transaction, query, conversation_id, **bounds)
    page = fitting(page)
    return page[::-1] if query.newest_first else page


class MessageMethods(StorageMethods[Database]):
    """Reading messages; `ports.storage.Messages` documents the methods."""

    message = reading(read_message)
    message_by_id = reading(read_message_by_id)
    history = reading(read_history)
    undeleted = reading(read_undeleted)
