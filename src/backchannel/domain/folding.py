"""Folding: the form in which texts are compared when they are searched.

Texts that are equal at the first level of the CLDR root collation for searching (UTS #35, part 5)
become equal: case, accents, width, presentation, vowel points, tone marks, forms of Arabic and
Hebrew letters, kana, digits of all scripts. So do the substitutes that keyboards write for
quotation marks, apostrophes and hyphens, the dotless i, and the Persian forms of kaf and yeh. Kana
with voicing marks stay separate letters, as does the Cyrillic short i.
"""

import unicodedata

from backchannel.domain.characters import IGNORABLE

PIECE = 2_048
"""Characters folded in one step: other threads get their turn within half a millisecond."""

_VOICING = 8
"""The canonical combining class of the marks that turn a kana into another one."""
_VOWELS = frozenset({103, 118, 129, 130, 132})
"""The classes of the vowel signs of Thai, Lao and Tibetan; those of tone marks differ."""
_VIRAMA = 9

_LETTERS = str.maketrans(
    {
        **dict(zip("\u0142\xf8\u0111\u0127\u0167\xf0\u0131", "lodhtdi", strict=True)),
        "\xe6": "ae",
        "\u0153": "oe",
        # Arabic: alef maksura and Persian yeh, teh marbuta, Persian kaf, tatweel.
        "\u0649": "\u064a",
        "\u06cc": "\u064a",
        "\u0629": "\u0647",
        "\u06a9": "\u0643",
        "\u0640": None,
        # Hebrew: the final forms.
        **dict(
            zip("\u05da\u05dd\u05df\u05e3\u05e5", "\u05db\u05de\u05e0\u05e4\u05e6", strict=True)
        ),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bb\u02bc\u2032\u05f3\u0060\xb4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\xab\xbb\u05f4", '"'),
        **dict.fromkeys("\u2010\u2012\u2013\u2014\u2015\u2212", "-"),
        **{chr(katakana): chr(katakana - 0x60) for katakana in range(0x30A1, 0x30F7)},
    }
)
"""Replacements of letters and signs that are decomposed and without case."""
_SHORT_I = "\u0439"
_DECOMPOSED_I = {"\u0438\u0306": "\u0439\u2060", "\u0418\u0306": "\u0419\u2060"}
"""The decomposed short i, and a text of the same length that folds as the single character does."""

_KEPT = (range(0x10000), range(0x1F000, 0x20000))
"""Common characters: the forms of all characters would take hundreds of megabytes."""


class _Folding(dict[int, str]):
    """The folded form of each character, cached from its first use on if it is in `_KEPT`."""

    def __missing__(self, code: int) -> str:
        folded = _folded(chr(code))
        if any(code in kept for kept in _KEPT):
            self[code] = folded
        return folded


def _folded(character: str) -> str:
    if character.casefold() == _SHORT_I:
        return _SHORT_I
    whole = character.translate(_LETTERS)  # an acute accent would come apart
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", whole).casefold())
    kept = "".join(map(_digit, filter(_is_kept, plain)))
    return kept.translate(_LETTERS)


def _is_kept(character: str) -> bool:
    combining = unicodedata.combining(character)
    if combining and combining not in _VOWELS and combining not in {_VOICING, _VIRAMA}:
        return False
    return IGNORABLE.match(character) is None


def _digit(character: str) -> str:
    decimal = unicodedata.decimal(character, None)
    return character if decimal is None else str(decimal)


FOLDED = _Folding()
"""The folded form of each character, by its code point."""


def recomposed(text: str) -> str:
    """A text of the same length in which each character can be folded separately."""
    if "\u0306" in text:
        for decomposed, same in _DECOMPOSED_I.items():
            text = text.replace(decomposed, same)
    return text


def fold(text: str) -> str:
    """The form in which texts are compared; it may be longer or shorter than the text."""
    if text.isascii():
        return text.lower().replace("`", "'")
    text = recomposed(text)
    pieces = (text[at : at + PIECE] for at in range(0, len(text), PIECE))
    return "".join([piece.translate(FOLDED) for piece in pieces])
