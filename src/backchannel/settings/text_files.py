"""Text files that people write, in whatever their editor made of them."""

import codecs
from pathlib import Path

from backchannel.settings.problems import Problem, SettingsError

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path) -> str:
    """A file in UTF-8, with a byte order mark or without. Raises `SettingsError`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from None
    # UTF-16 without a byte order mark is valid UTF-8 with a NUL next to each letter.
    if content.startswith(_UTF_16) or b"\0" in content:
        raise _unreadable(path, "it is not in UTF-8 but in UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _unreadable(path, f"line {line} is not in UTF-8; save it as UTF-8") from None


def _unreadable(path: Path, reason: str) -> SettingsError:
    return SettingsError([Problem(str(path), "", f"cannot be read: {reason}")])
