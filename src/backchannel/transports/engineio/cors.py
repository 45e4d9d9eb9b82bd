"""Pages of other origins that may poll (rule S14), with the headers of the Fetch standard."""

from collections.abc import Collection, Mapping

from backchannel.transports.http.origins import ANY_ORIGIN, is_listed
from backchannel.transports.websocket.handshake import same_origin_or_listed

Headers = list[tuple[str, str]]


def allows(headers: Mapping[str, str], origins: Collection[str], *, secure: bool) -> bool:
    """True if a page of this Origin may use the server; the rule is that of WebSocket upgrades."""
    if "origin" in headers and "host" not in headers:
        return is_listed(headers["origin"], origins)
    return same_origin_or_listed(headers, origins, secure=secure)


def response_headers(
    headers: Mapping[str, str], origins: Collection[str], *, secure: bool
) -> Headers:
    """Return what lets a page that may use the server read its answer.

    Credentials are never allowed: cookies are for the server's own pages, and the tokens of
    others travel in headers.
    """
    origin = headers.get("origin")
    if origin is None or not allows(headers, origins, secure=secure):
        return []
    if ANY_ORIGIN in origins:
        return [("access-control-allow-origin", ANY_ORIGIN)]
    return [("access-control-allow-origin", origin), ("vary", "Origin")]


def preflight_headers(headers: Mapping[str, str]) -> Headers:
    """Return the answer to "may I?": any header, as clients send tokens in headers of their own."""
    asked = headers.get("access-control-request-headers")
    return [
        ("access-control-allow-methods", "GET, POST"),
        ("access-control-max-age", "600"),
        *([("access-control-allow-headers", asked)] if asked else []),
    ]
