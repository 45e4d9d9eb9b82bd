"""Searching in SQLite: the full-text index, and what it does not know yet."""

from sqlalchemy import func, select, union_all

from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.rows import MESSAGES
from backchannel.storage.sql.schema import message
from backchannel.storage.sql.search import Index, candidates, is_mine
from backchannel.storage.sql.sqlite.index import query, search_index, search_stale
from backchannel.storage.sql.sqlite.indexer import REACHED

MOST_FRESH = 20_000
"""The number of messages, of all users, that are searched before they are indexed."""

_indexed = (
    select(search_index.c.rowid)
    .where(
        search_index.c.search_index.op("MATCH")(parameter("match")),
        search_index.c.rowid < parameter("before"),
    )
    .order_by(search_index.c.rowid.desc())
    .limit(parameter("page"))
)
_newest = select(func.max(message.c.number)).scalar_subquery()
_fresh = (
    select(message.c.number)
    .select_from(MESSAGES)
    .where(
        message.c.number > func.max(REACHED, _newest - MOST_FRESH),
        message.c.number < parameter("before"),
        is_mine,
    )
    .order_by(message.c.number.desc())
    .limit(parameter("page"))
)
_changed = select(search_stale.c.number).where(search_stale.c.number < parameter("before"))
_numbers = union_all(
    select(_indexed.subquery()), select(_fresh.subquery()), select(_changed.subquery())
)
INDEX = Index(candidates(_numbers), query)
