"""Search: what is looked for, and where a text has it.

Texts are compared folded (`domain.folding`), and a word is found inside of longer ones, so that
languages without spaces need no dictionary.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from backchannel.domain.errors import Invalid
from backchannel.domain.folding import FOLDED, PIECE, fold, recomposed

QUERY_LIMIT = 200
"""Longest query, in characters."""
TERMS_LIMIT = 10
"""Most terms in a query."""

_TERM = re.compile(r'"([^"]+)"|([^\s"]+)')
_QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\xab\xbb", '"'))
"""Typographic forms of the double quote, as keyboards write them."""


class Span(msgspec.Struct, frozen=True, gc=False, order=True):
    """A part of a text, in characters: `start` is in it, `end` is past it."""

    start: int
    end: int


def terms_of(query: str) -> list[str]:
    """The folded terms that a message must contain: words of `query`, or "several words" together.

    Raises `Invalid` for a query that is too long, has too many terms, or none.
    """
    if len(query) > QUERY_LIMIT:
        raise Invalid(f"q is longer than {QUERY_LIMIT} characters", field="q")
    found = (
        fold(phrase or word).strip() for phrase, word in _TERM.findall(query.translate(_QUOTES))
    )
    terms = list(dict.fromkeys(term for term in found if term))
    if not 1 <= len(terms) <= TERMS_LIMIT:
        raise Invalid(f"q must have 1 to {TERMS_LIMIT} words", field="q")
    return terms


def contains(text: str, terms: Sequence[str]) -> bool:
    """True if a text contains all of the folded `terms`."""
    folded = fold(text)
    return all(term in folded for term in terms)


def occurrences(text: str, terms: Sequence[str], *, most: int, within: int) -> list[Span]:
    """Find the folded `terms` in a text: the first `most` occurrences of each.

    Only the part of the text counts that begins with the first place and has `within`
    characters: a place that goes beyond is cut. So the rest of a long text costs no more than
    folding it. The places are in order, and overlapping ones are one.
    """
    text = recomposed(text)
    folded = fold(text)
    first = min((at for term in terms if (at := folded.find(term)) >= 0), default=-1)
    if first < 0:
        return []
    begin, origin = _origin(text, first, within)
    cut = min(origin[0] + within, len(text))
    found = sorted(
        Span(
            origin[start - begin],
            origin[end - begin - 1] + 1 if end - begin <= len(origin) else cut,
        )
        for term in terms
        for start, end in _places(folded, term, first, most)
        if start - begin < len(origin)
    )
    return _merged(found)


def _origin(text: str, first: int, within: int) -> tuple[int, Sequence[int]]:
    """The characters of `text` from which part of its folded form was made.

    The part begins with the character that `first` of the folded form comes from, and has
    `within` characters of the text. It is given as where it begins in the folded form, and
    the index in `text` of each of its folded characters.
    """
    if text.isascii():
        return first, range(first, min(first + within, len(text)))
    at, begin = 0, 0
    while (length := len(text[at : at + PIECE].translate(FOLDED))) + begin <= first:
        at, begin = at + PIECE, begin + length
    while (length := len(FOLDED[ord(text[at])])) + begin <= first:
        at, begin = at + 1, begin + length
    part = enumerate(text[at : at + within], at)
    return begin, [origin for origin, character in part for _ in FOLDED[ord(character)]]


def _places(folded: str, term: str, at: int, most: int) -> Iterator[tuple[int, int]]:
    """The first `most` places of a term from `at` on, none of them overlapping."""
    for _ in range(most):
        at = folded.find(term, at)
        if at < 0:
            return
        yield at, at + len(term)
        at += len(term)


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in spans:
        if merged and span.start < merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged
