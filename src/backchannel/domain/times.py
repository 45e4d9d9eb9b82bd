"""Times as JSON shows them: ISO 8601, UTC, with milliseconds."""

from datetime import UTC, datetime
from functools import lru_cache

LATEST = 253_402_300_799_999
"""The last millisecond of the year 9999; `iso` cannot represent later times."""


@lru_cache(maxsize=4_096)  # a batch of messages shares its millisecond, and readers share a page
def iso(milliseconds: int) -> str:
    """Milliseconds since 1970 as `2026-05-04T10:51:23.000Z`."""
    return f"{_iso_second(milliseconds // 1_000)}.{milliseconds % 1_000:03}Z"


@lru_cache(maxsize=64)
def _iso_second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def iso_or_none(milliseconds: int | None) -> str | None:
    """Like `iso`, for a time that may not be set."""
    return None if milliseconds is None else iso(milliseconds)


def milliseconds(moment: datetime) -> int:
    """A time with its zone in milliseconds since 1970."""
    return int(moment.timestamp() * 1_000)
