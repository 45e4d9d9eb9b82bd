"""The name of a file in a form, as the different kinds of clients write it."""

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from urllib.parse import unquote_to_bytes

from multipart import (  # pyright: ignore[reportMissingTypeStubs] - it has annotations
    MultipartSegment,
)

_PARAMETER = re.compile(r';\s*([\w!#$&+.^`|~*-]+)\s*=\s*("(?:\\.|[^"\\])*"|[^;]*)')
_EXTENDED = re.compile(r"(utf-8|iso-8859-1)'[^']*'(.*)", re.IGNORECASE)
_ENCODED_WORDS = re.compile(r"(?:=\?[\w-]+\?[BbQq]\?[!->@-~]*\?=\s*)+")


def sent_name(segment: MultipartSegment) -> str | None:
    """The name of the file in a part of a form; None for a part that is no file.

    `filename*` (RFC 8187) counts before `filename`, which .NET writes in encoded words
    (RFC 2047) beside it. RFC 7578 wants neither, but readers to take both.
    """
    name = _extended_name(dict(segment.headerlist).get("Content-Disposition", ""))
    if name is None and segment.filename is not None:
        return _without_words(segment.filename)
    return name


def _extended_name(disposition: str) -> str | None:
    """The name in `filename*`; None without one that can be read."""
    parameters = {each[1].lower(): each[2] for each in _PARAMETER.finditer(disposition)}
    found = _EXTENDED.fullmatch(parameters.get("filename*", "").strip().strip('"'))
    if found is None:
        return None
    try:
        return unquote_to_bytes(found[2]).decode(found[1])
    except UnicodeDecodeError:
        return None


def _without_words(name: str) -> str:
    if not _ENCODED_WORDS.fullmatch(name):
        return name
    try:
        return str(make_header(decode_header(name)))
    except (HeaderParseError, LookupError, UnicodeDecodeError):
        return name
