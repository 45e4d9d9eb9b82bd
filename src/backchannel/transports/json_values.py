"""A bound on the values in JSON that clients send, checked before any of them is made."""

from typing import Final

MOST_VALUES: Final = 10_000
"""Values in the JSON of a message or of a request: half a megabyte of empty lists would take 40 ms,
where events of chats have some ten values."""

_NO_MARKS: Final = bytes({*range(256)} - {*b",[{"})


def has_few_values(payload: bytes) -> bool:
    """True if valid JSON has at most `MOST_VALUES` values, or may have a few more names."""
    if len(payload) < MOST_VALUES or _marks(payload) < MOST_VALUES:
        return True  # as nearly always, wherever the commas are
    text = payload
    if b"\\" in text:
        text = text.replace(rb"\\", b"").replace(rb"\"", b"")
    if text.count(b'"') > 4 * MOST_VALUES:  # of values and names
        return False
    return _marks(b"".join(text.split(b'"')[::2])) < MOST_VALUES


def _marks(text: bytes) -> int:
    """The number of characters that begin a further value, unless they are in a string."""
    return len(text.translate(None, _NO_MARKS))
