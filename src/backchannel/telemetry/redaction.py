"""Redaction: tokens, passwords and messages stay out of the log (S6), as do forged lines (S24)."""

import re
from typing import cast

from structlog.types import EventDict, WrappedLogger

REMOVED = "[removed]"

PRIVATE_KEYS = frozenset(
    {
        "access_token",
        "authorization",
        "body",
        "content",
        "cookie",
        "jwt_secret",
        "password",
        "password_hash",
        "refresh_token",
        "secret",
        "text",
        "token",
    }
)

_TOKEN = re.compile(
    r"""
      (?<=token=)[^\s&"']+                 # in a query
    | (?<=signature=)[^\s&"']+             # of a signed URL
    | (?<=/invitations/)[^\s/?"']+         # in a path
    | (?<=invitation=)[^\s&"']+            # in the address of the web client
    | (?i:(?<=bearer\ ))[^\s"']+           # in a header
    | eyJ[\w-]{5,}\.[\w-]+\.[\w-]*         # a JWT anywhere
    | (?<=://)[^\s/@]+:[^\s/@]+(?=@)       # a URL's user and password
    """,
    re.VERBOSE,
)
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {9: "\t"}
_LINES = _CONTROLS | {10: "\n"}


def redact(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    """Take out what is private by its name or its form, and make control characters visible."""
    return {name: _clean(name, value) for name, value in entry.items()}


def _clean(name: str, value: object) -> object:
    if name.lower() in PRIVATE_KEYS:
        return REMOVED
    if isinstance(value, str):
        # A traceback is written by Python and keeps its lines.
        return _TOKEN.sub(REMOVED, value).translate(_LINES if name == "exception" else _CONTROLS)
    if isinstance(value, dict):
        items = cast("dict[object, object]", value).items()
        return {key: _clean(str(key), item) for key, item in items}
    if isinstance(value, list | tuple):
        return [_clean("", item) for item in cast("list[object]", value)]
    return value
