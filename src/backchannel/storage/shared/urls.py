"""URLs of database servers, which may hold a password."""

import re
from urllib.parse import urlsplit

POOL_SIZE = 10
LEAST_CONNECTIONS, MOST_CONNECTIONS = 2, 1_000

_HOST = r"(?:\[[^\]@]*\]|[^\[\]:,/?#@]*)(?::\d{1,5})?"
_SERVER = re.compile(
    rf"[^:/]+://(?:[^/?#\[\]]*@)?{_HOST}(?:,{_HOST})*(?:[/?#][^@]*)?", flags=re.DOTALL
)


def require_escaped(url: str) -> None:
    """Check that no part of a password is read as the host, the port or anything after them.

    Raises `ValueError`, whose text contains no part of the URL.
    """
    try:
        readable = bool(_SERVER.fullmatch(url) and urlsplit(url).scheme)
    except ValueError:  # its text quotes the URL
        readable = False
    if not readable:
        raise ValueError(
            "the database URL cannot be read: escape the password, / as %2F, # as %23, ? as %3F,"
            " @ as %40, [ as %5B and ] as %5D; a port is a number"
        )


def pool_size(given: str | None) -> int:
    """The most connections that a URL's `pool_size` allows. Raises `ValueError`."""
    if given is None:
        return POOL_SIZE
    if not given.isdecimal() or not LEAST_CONNECTIONS <= int(given) <= MOST_CONNECTIONS:
        raise ValueError(
            f"pool_size in the database URL is a number from {LEAST_CONNECTIONS} to"
            f" {MOST_CONNECTIONS:,}, not {given[:20]!r}"
        )
    return int(given)


def without_password(url: str) -> str:
    """A URL that may be shown: without the user and the password in it."""
    url = re.sub(r"(?<=://).*@", "***@", url, flags=re.DOTALL)
    return re.sub(r"(?<=password=)[^&#]*", "***", url)
