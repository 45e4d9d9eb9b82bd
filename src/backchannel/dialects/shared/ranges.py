"""Range requests (RFC 9110, section 14)."""

import re

import msgspec

from backchannel.domain.errors import ChatError

_SINGLE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,19})-([0-9]{0,19})\s*", re.ASCII | re.IGNORECASE)


class RangeNotSatisfiable(ChatError):
    """The part begins past the end of a content of `size` bytes."""

    code = "range_not_satisfiable"
    status = 416

    def __init__(self, size: int) -> None:
        super().__init__(f"the content has only {size:,} bytes", field="range")
        self.size = size


class Part(msgspec.Struct, frozen=True):
    """Bytes from `start` to `stop` (exclusive)."""

    start: int
    stop: int


def requested_part(
    field: str | None, *, size: int, etag: str, if_range: str | None = None
) -> Part | None:
    """The one range that a `Range` field names; None for all of the content.

    None also for what may be ignored: other units, several ranges, nonsense, and a part of
    another version than the client has (`If-Range`). Raises `RangeNotSatisfiable`.
    """
    found = _SINGLE.fullmatch(field) if field else None
    if found is None or (if_range is not None and if_range.strip() != etag):
        return None
    first, last = found.groups()
    if first:
        return _from_first(int(first), int(last) if last else size - 1, size)
    if not last:
        return None
    length = min(int(last), size)
    if not length:
        raise RangeNotSatisfiable(size)
    return Part(size - length, size)


def is_same(if_none_match: str | None, etag: str) -> bool:
    """True if the client already has the content (RFC 9110, section 13.1.2)."""
    if if_none_match is None:
        return False
    known = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return etag in known or "*" in known


def _from_first(first: int, last: int, size: int) -> Part | None:
    if first >= size:
        raise RangeNotSatisfiable(size)
    return None if last < first else Part(first, min(last + 1, size))
