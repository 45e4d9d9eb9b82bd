"""Names that look like others: the skeleton of UTS #39, and the mixing of scripts."""

import unicodedata
from importlib.resources import files

from backchannel.domain.characters import IGNORABLE, script_of

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
