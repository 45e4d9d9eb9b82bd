"""Pages bounded by what they hold as well as by their number of messages (rule R13).

A recursive query goes from one message to the next and adds up their sizes, so that nothing past
the end of a page is read. A page has at least one message, and at most one more than fits.
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

from backchannel.domain.pages import PAGE_BYTES
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.rows import KEPT_COLUMNS, MESSAGES
from backchannel.storage.sql.schema import conversation, log, message


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
"""Like `domain.pages.size_of`, except for control characters: pages with many are cut again."""
_ROOM = (PAGE_BYTES - SIZE).label("room")

_next = message.alias("next")
_entry = log.alias("entry")

LOGGED = log.join(
    message, (message.c.conversation == log.c.conversation) & (message.c.seq == log.c.seq)
)


def history(*, newest_first: bool, standing: bool = False) -> Select[Any]:
    """Up to `:limit` messages of `:conversation_id` between `:after` and `:before`.

    `standing` leaves out those that have been deleted.
    """
    after, before = parameter("after"), parameter("before")
    number = (
        select(conversation.c.number)
        .where(conversation.c.id == parameter("conversation_id"))
        .scalar_subquery()
    )
    following = (
        select(_next.c.number)
        .where(_next.c.conversation == number)
        .order_by(_next.c.seq.desc() if newest_first else _next.c.seq)
        .limit(1)
    )
    if standing:
        following = following.where(_next.c.deleted_at.is_(None))
    first = following.where(_next.c.seq > after, _next.c.seq < before)
    page = _begun(message, message.c.seq, message.c.number == first.scalar_subquery())
    between = (after, page.c.place) if newest_first else (page.c.place, before)
    following = following.where(_next.c.seq > between[0], _next.c.seq < between[1]).correlate(page)
    page = _continued(page, message, message.c.seq, message.c.number == following.scalar_subquery())
    return _messages(page).order_by(page.c.place.desc() if newest_first else page.c.place)


def logged() -> Select[Any]:
    """The messages that `:account`'s log names past `:after` and up to `:last`, in its order."""
    following = select(func.min(_entry.c.position)).where(
        _entry.c.account == parameter("account"),
        _entry.c.position <= parameter("last"),
        _entry.c.seq.is_not(None),
    )
    first = following.where(_entry.c.position > parameter("after"))
    page = _begun(LOGGED, log.c.position, _is_logged_at(first))
    following = following.where(_entry.c.position > page.c.place).correlate(page)
    page = _continued(page, LOGGED, log.c.position, _is_logged_at(following))
    return _messages(page).order_by(page.c.place)


def _is_logged_at(position: Select[Any]) -> ColumnElement[bool]:
    return (log.c.account == parameter("account")) & (log.c.position == position.scalar_subquery())


def _begun(source: FromClause, place: ColumnElement[Any], is_first: ColumnElement[bool]) -> CTE:
    """A page of one message, with the room that it leaves: bytes, and how many others."""
    others = parameter("limit", Integer) - 1
    return (
        select(message.c.number, place.label("place"), _ROOM, others.label("others"))
        .select_from(source)
        .where(is_first)
        .cte("page", recursive=True)
    )


def _continued(
    page: CTE, source: FromClause, place: ColumnElement[Any], is_next: ColumnElement[bool]
) -> CTE:
    """The page with the messages that follow while there is room."""
    return page.union_all(
        select(message.c.number, place, page.c.room - SIZE, page.c.others - 1)
        .select_from(page.join(source, is_next))
        .where(page.c.room > 0, page.c.others > 0)
    )


def _messages(page: CTE) -> Select[Any]:
    return select(*KEPT_COLUMNS).select_from(MESSAGES.join(page, page.c.number == message.c.number))
