"""The full-text index: its contents, its queries, and the candidates of a search.

It holds, for each message with a text, the text's trigrams and three more that no text
contains by accident: the tokens of its two members and of its conversation. So the messages of
one user that have a certain trigram are an intersection of two lists, however many messages
other users have.
"""

from collections.abc import Sequence
from functools import lru_cache

import msgspec
from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text, func, select, union

from backchannel.domain.folding import fold
from backchannel.storage.sql.parameters import parameter
from backchannel.storage.sql.rows import MESSAGES
from backchannel.storage.sql.schema import message
from backchannel.storage.sql.search import Index, candidates, in_scope

metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s"})

search_progress = Table(
    "search_progress",
    metadata,
    # The newest message that the index knows.
    Column("number", Integer, nullable=False),
)
REACHED = select(search_progress.c.number).scalar_subquery()
search_stale = Table(
    "search_stale",
    metadata,
    # The index entries of messages that have been changed since; triggers write them.
    Column("number", Integer, primary_key=True),
    Column("conversation", Integer, nullable=False),
    Column("first", Integer, nullable=False),
    Column("second", Integer, nullable=False),
    Column("body", Text, nullable=False),
)
search_index = Table(
    "search_index",
    MetaData(),
    Column("rowid", BigInteger),
    Column("first", Text),
    Column("second", Text),
    Column("conversation", Text),
    Column("body", Text),
    # Commands are inserted into a column that has the table's name; queries are compared with it.
    Column("search_index", Text),
    # The parameter of a command, if it has one.
    Column("rank", BigInteger),
)
COLUMNS = ("rowid", "first", "second", "conversation", "body")
REMOVAL_COLUMNS = ("search_index", *COLUMNS)

TRIGRAM = 3
TRIGRAMS_ASKED = 32
"""Most trigrams in a query: more would find hardly less."""

# Unicode's last two planes are for private use; of each, the last characters are none.
_MEMBERS = 0xF0000
_CONVERSATIONS = 0x100000
_BASE = 0xFF00

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
        in_scope,
    )
    .order_by(message.c.number.desc())
    .limit(parameter("page"))
)
_changed = (
    select(message.c.number)
    .select_from(MESSAGES.join(search_stale, search_stale.c.number == message.c.number))
    .where(search_stale.c.number < parameter("before"), in_scope)
    .order_by(message.c.number.desc())
    .limit(parameter("page"))
)
_numbers = union(
    select(_indexed.subquery()), select(_fresh.subquery()), select(_changed.subquery())
)


class IndexEntry(msgspec.Struct, frozen=True):
    """A message's text, and the numbers of its members and conversation."""

    number: int
    conversation: int
    first: int
    second: int
    body: str


def row(entry: IndexEntry) -> tuple[object, ...]:
    """The values of an entry for the index, by `COLUMNS`."""
    return (
        entry.number,
        _token(_MEMBERS, entry.first),
        _token(_MEMBERS, entry.second),
        _token(_CONVERSATIONS, entry.conversation),
        fold(entry.body),
    )


def removal(entry: IndexEntry) -> tuple[object, ...]:
    """The command that takes an entry out again, by `REMOVAL_COLUMNS`."""
    return ("delete", *row(entry))


def query(terms: Sequence[str], account: int, conversation: int | None) -> str:
    """The query for messages of the account, or of one conversation, that contain `terms`.

    Each string is quoted, so that none of the query language is taken from them (rule S24).
    Terms that are shorter than a trigram ask for nothing.
    """
    if conversation is None:
        scope = _token(_MEMBERS, account)
    else:
        scope = _token(_CONVERSATIONS, conversation)
    trigrams = dict.fromkeys(
        term[at : at + TRIGRAM] for term in terms for at in range(len(term) - TRIGRAM + 1)
    )
    asked = [scope, *list(trigrams)[:TRIGRAMS_ASKED]]
    return " AND ".join('"' + each.replace('"', '""') + '"' for each in asked)


@lru_cache(maxsize=16_384)  # people write more than one message to the same person
def _token(plane: int, number: int) -> str:
    """A number as one trigram."""
    high, low = divmod(number, _BASE)
    highest, high = divmod(high, _BASE)
    return "".join(chr(plane + digit) for digit in (highest, high, low))


INDEX = Index(candidates(_numbers), query)
