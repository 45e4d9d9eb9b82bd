"""Visible characters, and the places where invisible joiners are allowed."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

from backchannel.domain.emoji import EMOJI

IGNORABLE = re.compile(
    "[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""The property Default_Ignorable_Code_Point (Unicode 17.0): shown as nothing."""
_BLANK = frozenset("\u2800\ufffc\U0001d159\U00013441\U00013442\U00016fe4")
"""Symbols that are displayed as empty space, although they are not spaces."""
_JOINERS = frozenset("\u200c\u200d")
_MARKS = 4
"""Most marks on one letter (UTS #39, section 5.4); more would overlap the lines around it."""
_JOINING_SCRIPTS = frozenset(
    (
        *("ADLAM", "ARABIC", "BALINESE", "BENGALI", "CHAKMA", "DEVANAGARI", "GRANTHA", "GUJARATI"),
        *("GURMUKHI", "JAVANESE", "KANNADA", "KHMER", "MALAYALAM", "MANDAIC", "MONGOLIAN"),
        *("MYANMAR", "NKO", "ORIYA", "SINHALA", "SYRIAC", "TAMIL", "TELUGU", "TIBETAN"),
    )
)
"""Scripts that are written with joiners, as the first word of their characters' names."""
_VARIANTS = {"CJK": ("\U000e0100", "\U000e01ef"), "MONGOLIAN": ("\u180b", "\u180f")}
"""Variation selectors that belong to the characters of a script."""
_SHARED = frozenset({"MODIFIER", "KATAKANA-HIRAGANA", "IDEOGRAPHIC", "MASU"})
"""First words in the names of letters that belong to no script."""


def is_text(text: str) -> bool:
    """False for NUL and for lone surrogates, which not every database and encoding can carry."""
    if "\0" in text:
        return False
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return False
    return True


def is_visible(character: str) -> bool:
    """True for a character that can be seen, and for a plain space."""
    return (
        character.isprintable() and character not in _BLANK and IGNORABLE.match(character) is None
    )


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Cut a text into emoji and characters, each with True if it may be shown where it is.

    Invisible characters may be in an emoji, and where the writing of a script needs it.
    """
    at = 0
    while at < len(text):
        emoji = EMOJI.match(text, at)
        if emoji is not None:
            yield emoji[0], True
            at = emoji.end()
        else:
            yield text[at], is_visible(text[at]) or _belongs(text, at)
            at += 1


def is_overloaded(text: str) -> bool:
    """True if a letter carries more than four marks, or one mark twice in a row."""
    marks = ""
    for each in unicodedata.normalize("NFD", text):
        if unicodedata.category(each) not in {"Mn", "Me"}:
            marks = ""
        elif len(marks) == _MARKS or marks.endswith(each):
            return True
        else:
            marks += each
    return False


@lru_cache(maxsize=4_096)
def script_of(character: str) -> str | None:
    """The script of a letter, as the first word of its name; None if all scripts share it."""
    if not unicodedata.category(character).startswith("L"):
        return None
    first = unicodedata.name(character, "").partition(" ")[0]
    return None if first in _SHARED else first


def _belongs(text: str, at: int) -> bool:
    """True for an invisible character that the script around it needs."""
    before = _script_before(text, at)
    if text[at] in _JOINERS:
        after = _first_word(text[at + 1]) if at + 1 < len(text) else ""
        return before in _JOINING_SCRIPTS and before == after
    first, last = _VARIANTS.get(before, ("\U0010ffff", ""))
    return first <= text[at] <= last


def _script_before(text: str, at: int) -> str:
    return _first_word(text[at - 1]) if at else ""


def _first_word(character: str) -> str:
    """The script of a letter or of a mark."""
    if unicodedata.category(character)[0] not in "LM":
        return ""
    return unicodedata.name(character, "").partition(" ")[0]


_TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "BOPOMOFO"},
    {"LATIN", "CJK", "HANGUL"},
)
"""Scripts that are written together (UTS #39, "highly restrictive")."""


def _prototypes() -> dict[int, str]:
    """The prototype of each confusable character."""
    text = files("backchannel.domain").joinpath("confusables.txt").read_text("utf-8")
    table: dict[int, str] = {}
    for line in text.splitlines():
        prototype, tab, characters = line.partition("\t")
        if tab:
            table.update(dict.fromkeys(map(ord, characters), prototype))
    return table


_PROTOTYPES = _prototypes()


def look_alike_key(name: str) -> str:
    """A key that two names share if people can confuse them.

    The skeleton of UTS #39, section 4, case and the number of spaces aside.
    """
    visible = IGNORABLE.sub("", unicodedata.normalize("NFD", name))
    skeleton = unicodedata.normalize("NFD", visible.translate(_PROTOTYPES))
    return " ".join(skeleton.casefold().split())


def mixes_scripts(name: str) -> bool:
    """True if a name has letters of scripts that are not written together."""
    scripts = {script for each in name if (script := script_of(each)) is not None}
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)
