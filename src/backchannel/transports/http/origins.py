"""The list of allowed web origins (rule S14): exact, on any port, or all of them."""

from collections.abc import Collection

ANY_ORIGIN = "*"
ANY_PORT = ":*"
"""At the end of a listed origin, such as `http://localhost:*`."""


def is_listed(origin: str, allowed: Collection[str]) -> bool:
    """True if `origin`, as a browser sends it, is one of the allowed ones (RFC 6454)."""
    if origin in allowed or ANY_ORIGIN in allowed:
        return True
    scheme, _, authority = origin.partition("://")
    host, colon, port = authority.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit():
        host = authority  # the scheme's own port, which browsers leave out
    return f"{scheme}://{host}{ANY_PORT}" in allowed
