"""Queries of pages of messages, which are bounded by size as well as by number (rule R13).

A page has at least one message, and at most one more than fits. Each query has two forms:

- A window adds up the sizes of as many messages as the page may have.
- On SQLite, which has to read a text to know its length, a recursive query goes from one message to
  the next while there is room, so that nothing past the end of a page is read. Servers might look
  for each of these steps among all messages.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
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

from backchannel.domain.messages import PAGE_BYTES, Message
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.rows import CHECKSUMMED_COLUMNS, MESSAGES
from backchannel.storage.sql.schema import attachment, conversation, log, message

Order = Callable[[ColumnElement[Any]], ColumnElement[Any]]


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
_LOGGED = log.join(
    message, (message.c.conversation == log.c.conversation) & (message.c.seq == log.c.seq)
)
_AFTER, _BEFORE = parameter("after"), parameter("before")
_NUMBER = (
    select(conversation.c.number)
    .where(conversation.c.id == parameter("conversation_id"))
    .scalar_subquery()
)


class HistoryQuery(msgspec.Struct, frozen=True):
    """Up to `:limit` messages of `:conversation_id` between `:after` and `:before`.

    `undeleted` leaves out those that have been deleted, `with_files` those without files.
    """

    newest_first: bool
    undeleted: bool = False
    with_files: bool = False

    def text(self, *, in_steps: bool) -> Select[Any]:
        """The query in one of its two forms: see `Transaction.reads_in_steps`."""
        return _history_by_steps(self) if in_steps else _history(self)

    def admits(self, message: Message) -> bool:
        """True if the query names the message."""
        if self.undeleted and message.deleted_at is not None:
            return False
        return bool(message.files) or not self.with_files

    def order(self, key: ColumnElement[Any]) -> ColumnElement[Any]:
        """The order of the page."""
        return key.desc() if self.newest_first else key


def logged_query(*, in_steps: bool) -> Select[Any]:
    """The messages that `:account`'s log names past `:after` and up to `:last`, in its order."""
    return _logged_by_steps() if in_steps else _logged()


@cache
def _history(query: HistoryQuery) -> Select[Any]:
    keys = attachment.c if query.with_files else message.c
    found = (
        select(keys.seq)
        .distinct()
        .where(keys.conversation == _NUMBER, keys.seq > _AFTER, keys.seq < _BEFORE)
        .order_by(query.order(keys.seq))
        .limit(parameter("limit"))
    )
    if query.undeleted:
        found = found.where(message.c.deleted_at.is_(None))
    named = found.subquery("found")
    is_named = (message.c.conversation == _NUMBER) & (message.c.seq == named.c.seq)
    sizes = select(message.c.number, message.c.seq.label("sort_key"), SIZE.label("size"))
    sized = sizes.select_from(named.join(message, is_named)).subquery("sized")
    return _fitting(sized, query.order)


@cache
def _logged() -> Select[Any]:
    sizes = (
        select(message.c.number, log.c.position.label("sort_key"), SIZE.label("size"))
        .select_from(_LOGGED)
        .where(
            log.c.account == parameter("account"),
            log.c.position > _AFTER,
            log.c.position <= parameter("last"),
        )
        .order_by(log.c.position)
        .limit(parameter("limit"))
    )
    return _fitting(sizes.subquery("sized"), lambda key: key)


def _fitting(sized: FromClause, order: Order) -> Select[Any]:
    """The messages whose predecessors leave room in the page."""
    sums = func.sum(sized.c.size).over(order_by=order(sized.c.sort_key))
    page = select(
        sized.c.number, sized.c.sort_key, (sums - sized.c.size).label("preceding")
    ).subquery("page")
    return _messages(page).where(page.c.preceding < PAGE_BYTES).order_by(order(page.c.sort_key))


@cache
def _history_by_steps(query: HistoryQuery) -> Select[Any]:
    source, named = (_ATTACHED, _attached.c) if query.with_files else (_next, _next.c)
    following = (
        select(_next.c.number)
        .select_from(source)
        .where(named.conversation == _NUMBER)
        .order_by(query.order(named.seq))
        .limit(1)
    )
    if query.undeleted:
        following = following.where(_next.c.deleted_at.is_(None))
    first = following.where(named.seq > _AFTER, named.seq < _BEFORE)
    page = _first_row(message, message.c.seq, message.c.number == first.scalar_subquery())
    between = (_AFTER, page.c.sort_key) if query.newest_first else (page.c.sort_key, _BEFORE)
    following = following.where(named.seq > between[0], named.seq < between[1]).correlate(page)
    page = _following_rows(
        page, message, message.c.seq, message.c.number == following.scalar_subquery()
    )
    return _messages(page).order_by(query.order(page.c.sort_key))


@cache
def _logged_by_steps() -> Select[Any]:
    following = select(func.min(_entry.c.position)).where(
        _entry.c.account == parameter("account"),
        _entry.c.position <= parameter("last"),
        _entry.c.seq.is_not(None),
    )
    first = following.where(_entry.c.position > _AFTER)
    page = _first_row(_LOGGED, log.c.position, _is_logged_at(first))
    following = following.where(_entry.c.position > page.c.sort_key).correlate(page)
    page = _following_rows(page, _LOGGED, log.c.position, _is_logged_at(following))
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


def _messages(page: FromClause) -> Select[Any]:
    return select(*CHECKSUMMED_COLUMNS).select_from(
        MESSAGES.join(page, page.c.number == message.c.number)
    )
