"""Snippets: the part of a message around what was looked for, as text and offsets, never HTML."""

import unicodedata
from collections.abc import Sequence

import msgspec

from backchannel.domain.search import Span, occurrences

LENGTH = 160
"""Longest snippet, in characters, without the dots where it was cut."""
LEAD = 40
"""The maximum number of characters before the first match."""
WORD = 20
"""The maximum number of characters a cut moves right to reach the beginning of a word."""
HIGHLIGHTS = 20
"""Most places of each term that are marked."""
DOTS = "…"

_ZERO_WIDTH_JOINER = "\u200d"
_MODIFIERS = {_ZERO_WIDTH_JOINER, "\ufe0e", "\ufe0f", *map(chr, range(0x1F3FB, 0x1F400))}


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
    """`at`, moved to the left past what belongs to the character before it."""
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
