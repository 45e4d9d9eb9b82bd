"""Names for files in an archive that every system can unpack (rule S17)."""

import re

ARCHIVE_NAME_BYTES = 150
"""Longest name, in bytes of UTF-8: file systems take 255, and folders come before it."""
ENDING_BYTES = 20
"""Longest ending that a name keeps when it is cut."""

# What Windows refuses in names, of which other systems refuse a part
# (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE | re.DOTALL
)


def archive_name(name: str) -> str:
    """The name under which a file called `name` is put into an archive."""
    plain = _trimmed(_FORBIDDEN.sub("_", name))
    if len(plain.encode()) > ARCHIVE_NAME_BYTES:
        stem, dot, ending = plain.rpartition(".")
        if not stem or len(ending.encode()) > ENDING_BYTES:
            stem, dot, ending = plain, "", ""
        room = ARCHIVE_NAME_BYTES - len((dot + ending).encode())
        plain = _trimmed(stem.encode()[:room].decode(errors="ignore")) + dot + ending
    return f"_{plain}" if not plain or _RESERVED.fullmatch(plain) else plain


def _trimmed(name: str) -> str:
    """Windows drops dots and blanks at the end, and some programs blanks at the beginning."""
    return name.strip().rstrip(". ")
