"""Header fields as one text each (RFC 9110, section 5.3)."""

from collections.abc import Iterable


def joined(fields: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Fields by lower-case name; the lines of a repeated one are joined in their order."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in fields:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name in headers:
            value = headers[name] + ("; " if name == "cookie" else ", ") + value
        headers[name] = value
    return headers
