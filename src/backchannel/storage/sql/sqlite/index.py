"""The full-text index: what stands in it, and how it is asked.

It holds, for each message with a text, the text's trigrams and three more that nobody can
write by accident: the tokens of its two parties and of its conversation. So the messages of
one user that have a certain trigram are an intersection of two lists, however many messages
everybody else has.
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

from backchannel.domain.folding import fold

metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s"})

search_progress = Table(
    "search_progress",
    metadata,
    # The newest message that the index knows.
    Column("number", Integer, nullable=False),
)
search_stale = Table(
    "search_stale",
    metadata,
    # What the index still says of messages that have been changed since; triggers write it.
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
    # The table's commands are written into a column of its own name, and queries compared to it.
    Column("search_index", Text),
    # What a command takes, if it takes anything.
    Column("rank", BigInteger),
)
COLUMNS = ("rowid", "first", "second", "conversation", "body")
REMOVAL_COLUMNS = ("search_index", *COLUMNS)

TRIGRAM = 3
TRIGRAMS_ASKED = 32
"""Most trigrams in a query: more would find hardly less."""

# Unicode's last two planes are for private use; of each, the last characters are none.
_PARTIES = 0xF0000
_CONVERSATIONS = 0x100000
_BASE = 0xFF00


class Entry(msgspec.Struct, frozen=True):
    """A message's text and the numbers of what it belongs to."""

    number: int
    conversation: int
    first: int
    second: int
    body: str


def row(entry: Entry) -> tuple[object, ...]:
    """The values of an entry for the index, by `COLUMNS`."""
    return (
        entry.number,
        _token(_PARTIES, entry.first),
        _token(_PARTIES, entry.second),
        _token(_CONVERSATIONS, entry.conversation),
        fold(entry.body),
    )


def removal(entry: Entry) -> tuple[object, ...]:
    """The command that takes an entry out again, by `REMOVAL_COLUMNS`."""
    return ("delete", *row(entry))


def query(terms: Sequence[str], account: int, conversation: int | None) -> str:
    """The query for messages of the account, or of one conversation, that contain `terms`.

    Each string is quoted, so that none of the query language is taken from them (rule S24).
    Terms that are shorter than a trigram ask for nothing.
    """
    if conversation is None:
        place = _token(_PARTIES, account)
    else:
        place = _token(_CONVERSATIONS, conversation)
    trigrams = dict.fromkeys(
        term[at : at + TRIGRAM] for term in terms for at in range(len(term) - TRIGRAM + 1)
    )
    asked = [place, *list(trigrams)[:TRIGRAMS_ASKED]]
    return " AND ".join('"' + each.replace('"', '""') + '"' for each in asked)


def _token(plane: int, number: int) -> str:
    """A number as one trigram."""
    high, low = divmod(number, _BASE)
    highest, high = divmod(high, _BASE)
    return "".join(chr(plane + digit) for digit in (highest, high, low))
