"""Searching in PostgreSQL: the index, and what it does not know yet."""

from sqlalchemy import ARRAY, BigInteger, select, union_all

from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.postgresql.index import query, search_entry, search_pending
from backchannel.storage.sql.rows import MESSAGES
from backchannel.storage.sql.schema import message
from backchannel.storage.sql.search import Index, candidates, is_mine

_indexed = (
    select(search_entry.c.number)
    .where(
        search_entry.c.grams.op("@>")(parameter("match", ARRAY(BigInteger))),
        search_entry.c.number < parameter("before"),
    )
    .order_by(search_entry.c.number.desc())
    .limit(parameter("page"))
)
_pending = (
    select(message.c.number)
    .select_from(MESSAGES.join(search_pending, search_pending.c.number == message.c.number))
    .where(message.c.number < parameter("before"), is_mine)
    .order_by(message.c.number.desc())
    .limit(parameter("page"))
)
INDEX = Index(
    candidates(union_all(select(_indexed.subquery()), select(_pending.subquery()))), query
)
