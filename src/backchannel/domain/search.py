"""Search: terms, their occurrences in a text, snippets, and relevance.

Texts are compared folded (`domain.folding`), and a word is found inside of longer ones, so that
languages without spaces need no dictionary. Results are text and offsets, never HTML.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Protocol

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

LENGTH = 160
"""Longest snippet, in characters, without the dots where it was cut."""
LEAD = 40
"""The maximum number of characters before the first match."""
WORD = 20
"""The maximum number of characters a cut moves right to reach the beginning of a word."""
HIGHLIGHTS = 20
"""Most occurrences of each term that are highlighted."""
DOTS = "…"

_ZERO_WIDTH_JOINER = "\u200d"
_MODIFIERS = {_ZERO_WIDTH_JOINER, "\ufe0e", "\ufe0f", *map(chr, range(0x1F3FB, 0x1F400))}

WHOLE_WORD = 3.0
WORD_BEGINNING = 2.0
WITHIN_WORD = 1.0
EXACT_PHRASE = 2.0
"""All terms as they were written, one after the other."""
PLACES = 20
"""The number of occurrences of each term that are considered."""


LINK_PARTS = ("://", "www.")
"""Every link contains one of them."""
_PAGE_WITHOUT_SCHEME = re.compile(r"(?<![\w.@/-])www\.[\w-]+\.\w")


def has_link(text: str) -> bool:
    """True if clients show a link in the text, such as `https://example.org` or `www.example.org`.

    Looking for a pattern takes longer than looking for a word, so it comes last.
    """
    return "://" in text or ("www." in text and _PAGE_WITHOUT_SCHEME.search(text) is not None)


class Searchable(Protocol):
    """The parts of a message that a filter looks at."""

    @property
    def sender_id(self) -> str: ...

    @property
    def created_at(self) -> int: ...

    @property
    def files(self) -> str: ...

    @property
    def body(self) -> str: ...


class SearchFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions that a message must meet to be found; conditions that are not set do not count.

    `since` (inclusive) and `until` (exclusive) are in milliseconds since 1970.
    """

    sender_id: str | None = None
    since: int | None = None
    until: int | None = None
    with_files: bool = False
    with_links: bool = False

    def admits(self, message: Searchable) -> bool:
        """True if the message meets all conditions."""
        return (
            (self.sender_id is None or message.sender_id == self.sender_id)
            and (self.until is None or message.created_at < self.until)
            and (not self.with_files or bool(message.files))
            and (not self.with_links or has_link(message.body))
            and not self.is_older(message)
        )

    def is_older(self, message: Searchable) -> bool:
        """True if the message is older than `since`.

        Messages before it may be newer, as clocks are set and differ between nodes; but if a whole
        page of messages is older, a search ends.
        """
        return self.since is not None and message.created_at < self.since


EVERYTHING = SearchFilter()


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

    Only `within` characters from the first occurrence on are searched; an occurrence that goes
    beyond is cut. The rest of a long text then costs no more than folding it. The occurrences are
    in order, and overlapping ones are merged.
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

    The part begins with the character that `first` of the folded form comes from, and has `within`
    characters of the text. Returns the beginning of the part in the folded form, and the index in
    `text` of each of its folded characters.
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
    """The first `most` occurrences of a term from `at` on, without overlaps."""
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


class Snippet(msgspec.Struct, frozen=True):
    """`highlights` are in UTF-16 code units, by which JavaScript, Java and Swift's NSString count.

    They are in order and do not overlap.
    """

    text: str
    highlights: tuple[Span, ...]


def snippet(text: str, terms: Sequence[str]) -> Snippet:
    """The part of a text around the first of the folded `terms`, with all of them marked."""
    spans = occurrences(text, terms, most=HIGHLIGHTS, within=LENGTH)
    begin = _beginning(text, spans[0].start) if spans else 0
    end = len(text) if len(text) - begin <= LENGTH else _whole(text, begin + LENGTH)
    shown = (DOTS if begin else "") + text[begin:end] + (DOTS if end < len(text) else "")
    shift = len(DOTS) * bool(begin) - begin
    inside = (Span(span.start, min(span.end, end)) for span in spans if span.start < end)
    marked = (Span(span.start + shift, span.end + shift) for span in inside)
    return Snippet(shown, tuple(_in_code_units(shown, span) for span in marked))


def _beginning(text: str, match: int) -> int:
    """The index at which a snippet that shows the match at `match` begins."""
    if match <= LEAD:
        return 0
    begin = match - LEAD
    words = (at for at in range(begin, begin + WORD) if text[at - 1].isspace())
    return next(words, _whole(text, begin))


def _whole(text: str, at: int) -> int:
    """`at`, moved left to the beginning of the visible character that it is in."""
    while at and (
        text[at] in _MODIFIERS
        or text[at - 1] == _ZERO_WIDTH_JOINER
        or unicodedata.combining(text[at])
    ):
        at -= 1
    return at


def _in_code_units(text: str, span: Span) -> Span:
    if text.isascii():
        return span
    start = _code_units(text[: span.start])
    return Span(start, start + _code_units(text[span.start : span.end]))


def _code_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def relevance(text: str, terms: Sequence[str]) -> float:
    """The relevance of a text that contains all `terms`: higher is better.

    Each term counts by its best occurrence, and adjacent words count more; of two texts, the one
    with less other text ranks higher.
    """
    folded = fold(text)
    exact_phrase = EXACT_PHRASE if len(terms) > 1 and " ".join(terms) in folded else 0.0
    share = sum(map(len, terms)) / (len(folded) or 1)
    return sum(_best_place(folded, term) for term in terms) + exact_phrase + min(share, 1.0)


def _best_place(folded: str, term: str) -> float:
    best, at = 0.0, folded.find(term)
    for _ in range(PLACES):
        if at < 0 or best == WHOLE_WORD:
            break
        best = max(best, _worth(folded, at, at + len(term)))
        at = folded.find(term, at + 1)
    return best


def _worth(folded: str, start: int, end: int) -> float:
    if start and folded[start - 1].isalnum():
        return WITHIN_WORD
    return WORD_BEGINNING if folded[end : end + 1].isalnum() else WHOLE_WORD
