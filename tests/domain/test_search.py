"""Texts are compared, ranked and shown."""

import timeit
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.domain.errors import Invalid
from backchannel.domain.folding import fold
from backchannel.domain.search import (
    DOTS,
    LENGTH,
    Span,
    contains,
    has_link,
    occurrences,
    relevance,
    snippet,
    terms_of,
)

TEXT = st.text(st.characters(codec="utf-8"), max_size=200)
WORDS = st.text("abß éÉ\u0301ﬁ漢가🚀\u200d ", min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Hello", "hello"),
        ("Straße", "strasse"),
        ("É e\u0301", "e e"),
        ("\uff21\uff46\uff46 ﬀ", "aff ff"),
        ("ﾎﾟ \u30dd ぽ", "ほ\u309a ほ\u309a ほ\u309a"),
        ("İ", "i"),
        ("Σίσυφος", "σισυφοσ"),
    ],
)
def test_equal_characters_are_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_a_query_is_split_into_terms() -> None:
    assert terms_of('  Two "words  TOGETHER" two ') == ["two", "words  together"]
    assert terms_of('half"open quote') == ["half", "open", "quote"]
    for query in ("", " ", '""', '" "', "\u0301", "x" * 201, " ".join("abcdefghijk")):
        with pytest.raises(Invalid):
            terms_of(query)


@given(WORDS, WORDS)
def test_contained_terms_have_occurrences(text: str, word: str) -> None:
    term = fold(word)
    spans = occurrences(text, [term], most=100, within=len(text)) if term else []
    assert spans == sorted(spans)
    assert bool(spans) == bool(term and contains(text, [term]))
    for span in spans:
        assert 0 <= span.start < span.end <= len(text)
        assert term in fold(text[span.start : span.end])


@given(TEXT, TEXT.filter(fold))
def test_snippets_are_parts_of_the_text(text: str, word: str) -> None:
    text = f"{text} {word} {text}"
    made = snippet(text, [fold(word)])
    assert made.text.removeprefix(DOTS).removesuffix(DOTS) in text
    assert len(made.text) <= LENGTH + 2 * len(DOTS) or len(word) > LENGTH
    units = made.text.encode("utf-16-le")
    for span in made.highlights:
        units[2 * span.start : 2 * span.end].decode("utf-16-le")


def test_a_snippet_is_cut_around_its_match() -> None:
    text = "so many words " * 20 + "needle" + " and more words" * 20
    made = snippet(text, ["needle"])
    (span,) = made.highlights
    assert made.text[span.start : span.end] == "needle"
    assert made.text.startswith(DOTS + "so many") or made.text[1].isalpha()
    assert made.text.endswith(DOTS)
    assert len(made.text) <= LENGTH + 2


def test_overlapping_occurrences_are_merged() -> None:
    assert occurrences("banana", ["ana", "nan"], most=9, within=9) == [Span(1, 5)]


def test_occurrences_are_searched_from_the_first_one_on() -> None:
    text = "é" * 5_000 + "ﬃ needle" + "é" * 50 + "needle"
    assert occurrences(text, ["ffi", "needle"], most=9, within=40) == [
        Span(5_000, 5_001),
        Span(5_002, 5_008),
    ]
    assert occurrences(text, ["ffi needle"], most=9, within=4) == [Span(5_000, 5_004)]


@given(TEXT, WORDS, st.integers(1, 400))
def test_a_bounded_search_finds_the_occurrences_of_the_whole_text(
    text: str, word: str, within: int
) -> None:
    text = f"{text} {word} {text} {word}"
    term = fold(word)
    everywhere = occurrences(text, [term], most=100, within=len(text)) if term else []
    part = occurrences(text, [term], most=100, within=within) if term else []
    end = everywhere[0].start + within if everywhere else 0
    assert part == [Span(at.start, min(at.end, end)) for at in everywhere if at.start < end]


def test_a_snippet_costs_little_more_than_folding_the_text() -> None:
    text = "e\u0301ﬃ①" * 8_000
    assert _seconds(lambda: snippet(text, ["ffi1"])) < 4 * _seconds(lambda: fold(text))


def _seconds(work: Callable[[], object]) -> float:
    return min(timeit.repeat(work, number=1, repeat=9))


def test_a_snippet_does_not_split_an_emoji() -> None:
    text = "👩\u200d🚀" * 30 + "needle"
    assert snippet(text, ["needle"]).text.startswith(DOTS + "👩")


def test_better_matches_rank_higher() -> None:
    ranked = ["tea time", "time for some tea", "teatime", "steam at times"]
    scores = [relevance(text, ["tea", "time"]) for text in ranked]
    assert scores == sorted(scores, reverse=True)
    assert relevance("tea", ["tea"]) > relevance("tea and cake", ["tea"])


EQUAL = [
    *(("’", "'"), ("ʼ", "'"), ("`", "'"), ("´", "'"), ("“", '"'), ("«", '"'), ("–", "-")),
    *(("Łódź", "lodz"), ("Ørsted", "orsted"), ("đ", "d"), ("Æsop", "aesop"), ("œ", "oe")),
    *(("Straße", "STRASSE"), ("İ", "i"), ("ı", "I"), ("ǿ", "o"), ("ħ", "h"), ("ﬁ", "fi")),
    *(("می\u200cخواهم", "میخواهم"), ("مي", "می"), ("کتاب", "كتاب"), ("أحمد", "احمد")),
    *(("مُحَمَّد", "محمد"), ("فتاة", "فتاه"), ("على", "علي"), ("مـحمد", "محمد")),
    *(("שָׁלוֹם", "שלומ"), ("ם", "מ"), ("׳", "'")),
    *(("ก่", "ก"), ("กำ", "กํา"), ("ບ່", "ບ"), ("٤", "4"), ("४", "4")),
    *(("ёлка", "елка"), ("Й", "и\u0306"), ("И\u0306", "й"), ("ў", "у")),
    *(("ガ", "が"), ("ｶﾞ", "が"), ("क़", "क"), ("soft\u00adhyphen", "softhyphen"), ("❤️", "❤")),
]
DIFFERENT = [
    *(("й", "и"), ("กุ", "ก"), ("กู", "ก"), ("กิ", "ก"), ("ບຸ", "ບ"), ("ད", "དུ")),
    *(("が", "か"), ("का", "क"), ("क्", "क"), ("한", "하"), ("þ", "th"), ("ə", "e")),
]


@pytest.mark.parametrize(("text", "other"), EQUAL)
def test_texts_that_readers_consider_equal_are_found(text: str, other: str) -> None:
    assert fold(text) == fold(other)
    for each in (text, other):
        assert occurrences(f"x {each} y", [fold(other)], most=9, within=99)[0].start == 2


@pytest.mark.parametrize(("text", "other"), DIFFERENT)
def test_separate_letters_are_not_folded(text: str, other: str) -> None:
    assert fold(text) != fold(other)


def test_typographic_quotes_keep_words_together() -> None:
    assert terms_of("“good morning” „all of» it") == ["good morning", "all of", "it"]


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("see https://example.org", True),
        ("see www.example.org", True),
        ("(www.example.org/page)", True),
        ("awww. nice", False),
        ("www. is a prefix", False),
        ("name@www.example.org", False),
    ],
)
def test_links_have_a_scheme_or_begin_with_www(text: str, linked: bool) -> None:  # noqa: FBT001
    assert has_link(text) is linked
