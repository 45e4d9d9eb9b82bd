"""Decodes entries that were set aside; another program may have written them."""

from backchannel.ports.queue import SetAsideEntry

UNKNOWN = "it is not known"
"""The reason if none is given."""
END_OF_TIME = 253_402_300_800_000
"""The end of the year 9999, in milliseconds since 1970."""


def set_aside(reason: str | None, entry: bytes | None, at: str | bytes | None) -> SetAsideEntry:
    """The entry. `at` is in milliseconds since 1970; 0 stands for a time that cannot be read."""
    return SetAsideEntry(UNKNOWN if reason is None else reason, entry or b"", _moment(at))


def _moment(text: str | bytes | None) -> int:
    try:
        at = int(text or 0)
    except ValueError:
        return 0
    return at if 0 <= at < END_OF_TIME else 0
