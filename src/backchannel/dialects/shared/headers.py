"""The headers every response carries (rule S15), errors too."""

from collections.abc import Collection

API_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""For answers that are data: nothing in them is ever run or framed."""
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""For our own pages: only what this server serves, and no inline script."""

SECURITY_HEADERS = (
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "geolocation=(), payment=(), usb=()"),
)
HSTS = ("strict-transport-security", "max-age=31536000; includeSubDomains")

Pairs = list[tuple[bytes, bytes]]


def encoded(headers: Collection[tuple[str, str]]) -> Pairs:
    """Header fields as ASGI wants them."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


_STATIC = encoded(SECURITY_HEADERS)
_HSTS = encoded([HSTS])
_OWN_PAGES = encoded([("cross-origin-resource-policy", "same-origin")])
_OTHER_PAGES = encoded([("cross-origin-resource-policy", "cross-origin")])
_PAGE = encoded([("content-security-policy", PAGE_POLICY), ("cache-control", "no-cache")])
_DATA = encoded([("content-security-policy", API_POLICY), ("cache-control", "no-store")])


def missing(given: Pairs, *, hsts: bool, shared: bool) -> Pairs:
    """The headers to add to a response with the `given` headers. A route's own headers win.

    With `shared`, pages of other origins may embed it: a browser asks for the picture in an
    `<img>` without naming the page's origin, so that no answer could fit that one alone.
    """
    present = {name.lower(): value for name, value in given}
    page = present.get(b"content-type", b"").startswith(b"text/html")
    wanted = [
        *_STATIC,
        *(_OTHER_PAGES if shared else _OWN_PAGES),
        *(_PAGE if page else _DATA),
        *(_HSTS if hsts else []),
    ]
    return [pair for pair in wanted if pair[0] not in present]
