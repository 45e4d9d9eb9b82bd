"""The index for searching: what stands in it, and how it is asked.

For each message with a text it holds the text's trigrams and three numbers that are no trigram's:
those of its two parties and of its conversation. So the messages of one user that have a certain
trigram are an intersection of two lists, however many messages everybody else has. A trigram is
its three characters in one number, so that every script is found and the server's locale does not
matter; the extension pg_trgm knows letters of that locale only.
"""

from collections.abc import Sequence

from sqlalchemy import ARRAY, BigInteger, Column, MetaData, Table

from backchannel.domain.folding import fold

metadata = MetaData()

search_entry = Table(
    "search_entry",
    metadata,
    Column("number", BigInteger, primary_key=True),
    Column("grams", ARRAY(BigInteger), nullable=False),
)
search_pending = Table(
    "search_pending",
    metadata,
    # Triggers add a row for each message that is new or changed: its entry is not up to date.
    Column("id", BigInteger, primary_key=True),
    Column("number", BigInteger, nullable=False),
)

TRIGRAM = 3
TRIGRAMS_ASKED = 32
"""Most trigrams in a query: more would find hardly less."""

_BITS = 21
"""Every character is a number below 2 ** 21."""


def grams(body: str, *, first: int, second: int, conversation: int) -> list[int]:
    """The values that the index takes in for a message."""
    folded = fold(body)
    return [_party(first), _party(second), _conversation(conversation), *_trigrams(folded)]


def query(terms: Sequence[str], account: int, conversation: int | None) -> list[int]:
    """The condition on entries: messages of the account, or of one conversation, with `terms`.

    Terms that are shorter than a trigram ask for nothing.
    """
    place = _party(account) if conversation is None else _conversation(conversation)
    asked = dict.fromkeys(gram for term in terms for gram in _trigrams(term))
    return [place, *list(asked)[:TRIGRAMS_ASKED]]


def _trigrams(text: str) -> dict[int, None]:
    codes = [ord(character) for character in text]
    three = zip(codes, codes[1:], codes[2:], strict=False)
    return dict.fromkeys(a << 2 * _BITS | b << _BITS | c for a, b, c in three)


def _party(number: int) -> int:
    return -2 * number - 1


def _conversation(number: int) -> int:
    return -2 * number - 2
