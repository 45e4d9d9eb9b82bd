"""A guess at the encoding of a page that declares none, from how its bytes are spread.

The standard leaves this to the reader (WHATWG HTML, section 13.2.3.2, steps 8 and 9).
"""

import codecs
import re
from collections.abc import Callable

from backchannel.previews.encodings import codec_of

REACH = 65_536
"""Bytes that are looked at."""

_LANGUAGE = re.compile(rb"<html[^>]{0,300}?\slang\s*=\s*[\"']?([a-z]{2})", re.IGNORECASE)
_HIGH = re.compile(rb"[\x80-\xff]+")
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
_LEGACY = {
    "ar": "windows-1256", "fa": "windows-1256", "bg": "windows-1251", "ru": "windows-1251",
    "uk": "windows-1251", "sr": "windows-1251", "mk": "windows-1251", "be": "windows-1251",
    "cs": "windows-1250", "hu": "iso-8859-2", "pl": "iso-8859-2", "sk": "windows-1250",
    "sl": "iso-8859-2", "hr": "windows-1250", "ro": "windows-1250", "el": "iso-8859-7",
    "et": "windows-1257", "lt": "windows-1257", "lv": "windows-1257", "he": "windows-1255",
    "ja": "shift_jis", "ko": "euc-kr", "th": "windows-874", "tr": "windows-1254",
    "vi": "windows-1258", "zh": "gb18030",
}  # fmt: skip
"""The encodings that browsers assume by language where none is declared."""

Measure = Callable[[list[bytes], list[bytes]], bool]
"""A test of an encoding: takes all pairs of bytes, and those with two high bytes."""


def sniffed(content: bytes) -> str:
    """The codec that fits best; windows-1252 if nothing else does."""
    head = content[:REACH]
    if b"\x1b$" in head and head.isascii():
        return "iso2022_jp"
    if _decodes(head, "utf-8"):
        return "utf-8"
    language = _LANGUAGE.search(head)
    usual = codec_of(_LEGACY.get(language[1].decode().lower(), "")) if language else None
    if usual is not None and usual not in _GUESSED:
        return usual
    pairs, doubled = _PAIR.findall(head), _doubled(head)
    for codec, measure in _CANDIDATES:
        if _decodes(head, codec) and measure(pairs, doubled):
            return codec
    return _cyrillic(head) or usual or "cp1252"


def _decodes(content: bytes, codec: str) -> bool:
    """True if all of it decodes, apart from a character cut off at its end."""
    try:
        codecs.getincrementaldecoder(codec)().decode(content)
    except UnicodeError:
        return False
    return True


def _share(pairs: list[bytes], typical: Callable[[int, int], bool]) -> float:
    return sum(typical(*pair) for pair in pairs) / len(pairs) if pairs else 0.0


def _kana(_pairs: list[bytes], doubled: list[bytes]) -> bool:
    """Japanese text is kana in a good part: rows 4 and 5 of JIS X 0208."""
    return _share(doubled, lambda lead, _trail: lead in {0xA4, 0xA5}) > 0.2


def _shifted_kana(pairs: list[bytes], _doubled: list[bytes]) -> bool:
    def is_kana(lead: int, trail: int) -> bool:
        return (lead == 0x82 and 0x9F <= trail <= 0xF1) or (lead == 0x83 and 0x40 <= trail <= 0x96)

    return _share(pairs, is_kana) > 0.2


def _hangul(_pairs: list[bytes], doubled: list[bytes]) -> bool:
    """KS X 1001 has its syllables in rows 16 to 40, and Korean text hardly anything else."""
    return _share(doubled, lambda lead, _trail: 0xB0 <= lead <= 0xC8) > 0.9


def _traditional(pairs: list[bytes], _doubled: list[bytes]) -> bool:
    """Big5 has the common characters from A4 to C6, with trail bytes below 80 too."""
    low = any(trail < 0x7F for _, trail in pairs)
    return low and _share(pairs, lambda lead, _trail: 0xA1 <= lead <= 0xC6) > 0.7


def _simplified(_pairs: list[bytes], doubled: list[bytes]) -> bool:
    """GB 2312 has the common characters in rows 16 to 55."""
    return _share(doubled, lambda lead, _trail: 0xB0 <= lead <= 0xD7) > 0.7


_CANDIDATES: list[tuple[str, Measure]] = [
    ("euc_jis_2004", _kana),
    ("cp932", _shifted_kana),
    ("cp949", _hangul),
    ("big5hkscs", _traditional),
    ("gb18030", _simplified),
]


_CYRILLIC = ("cp1251", "koi8-r", "iso8859-5", "cp866")
_GUESSED = {*_CYRILLIC, *(codec for codec, _ in _CANDIDATES)}
"""Codecs whose text is recognisable by its bytes, whatever language the page declares."""


def _doubled(text: bytes) -> list[bytes]:
    """The pairs of high bytes, in runs of an even length as double-byte text has them."""
    runs = [run for run in _HIGH.findall(text) if len(run) % 2 == 0]
    return [run[place : place + 2] for run in runs for place in range(0, len(run), 2)]


def _cyrillic(text: bytes) -> str | None:
    """The codec in which nearly all high bytes are Russian letters, and most of them small."""
    high = b"".join(_HIGH.findall(text))
    words = [run for run in _HIGH.findall(text) if len(run) > 2]
    if 2 * sum(map(len, words)) < len(high):
        return None  # Latin text has single letters with accents
    best, most = None, 0.8
    for codec in _CYRILLIC:
        letters = high.decode(codec, "replace")
        small = sum("\u0430" <= letter <= "\u044f" for letter in letters)
        score = small / len(letters) if letters else 0.0
        if score > most:
            best, most = codec, score
    return best
