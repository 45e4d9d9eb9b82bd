"""Search: what is looked for, and where a text has it.

Texts are compared folded: case, accents and the forms of width and presentation make no
difference (Unicode Standard, section 3.13: NFKD and full case folding), and a word is found
inside of longer ones, so that languages without spaces need no dictionary.
"""

import re
import unicodedata
from collections.abc import Sequence

import msgspec

from backchannel.domain.errors import Invalid

QUERY_LIMIT = 200
"""Longest query, in characters."""
TERMS_LIMIT = 10
"""Most terms in a query."""

_TERM = re.compile(r'"([^"]+)"|([^\s"]+)')
_FIRST_ACCENT = 10
"""Canonical combining classes below it belong to the letter: voicing marks, nuktas, viramas."""


class Span(msgspec.Struct, frozen=True, gc=False, order=True):
    """A part of a text, in characters: `start` is in it, `end` is past it."""

    start: int
    end: int


class _Folding(dict[int, str]):
    """What each character becomes, made when it is first met."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", chr(code)).casefold())
        folded = "".join(c for c in plain if unicodedata.combining(c) < _FIRST_ACCENT)
        self[code] = folded
        return folded


_folding = _Folding()


def fold(text: str) -> str:
    """The form in which texts are compared; it may be longer or shorter than the text."""
    return text.lower() if text.isascii() else text.translate(_folding)


def terms_of(query: str) -> list[str]:
    """What a message must contain, folded: the words of `query`, or "several words" together.

    Raises `Invalid` for a query that is too long, has too many terms, or none.
    """
    if len(query) > QUERY_LIMIT:
        raise Invalid(f"q is longer than {QUERY_LIMIT} characters", field="q")
    found = (fold(phrase or word).strip() for phrase, word in _TERM.findall(query))
    terms = list(dict.fromkeys(term for term in found if term))
    if not 1 <= len(terms) <= TERMS_LIMIT:
        raise Invalid(f"q must have 1 to {TERMS_LIMIT} words", field="q")
    return terms


def contains(text: str, terms: Sequence[str]) -> bool:
    """Whether a text has all of the folded `terms`."""
    folded = fold(text)
    return all(term in folded for term in terms)


def occurrences(text: str, terms: Sequence[str], *, most: int) -> list[Span]:
    """Where a text has the folded `terms`: the first `most` places of each.

    In order, and overlapping ones are one.
    """
    folded = fold(text)
    found = sorted(
        Span(start, start + len(term)) for term in terms for start in _starts(folded, term, most)
    )
    return _merged(found) if text.isascii() else _merged(_in_original(text, found))


def _starts(folded: str, term: str, most: int) -> list[int]:
    starts: list[int] = []
    at = folded.find(term)
    while at >= 0 and len(starts) < most:
        starts.append(at)
        at = folded.find(term, at + len(term))
    return starts


def _in_original(text: str, spans: Sequence[Span]) -> list[Span]:
    """The characters of `text` from which those of its folded form were made."""
    origin = [at for at, character in enumerate(text) for _ in fold(character)]
    return [Span(origin[span.start], origin[span.end - 1] + 1) for span in spans]


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in spans:
        if merged and span.start < merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged
