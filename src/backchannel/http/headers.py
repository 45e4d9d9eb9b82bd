"""The headers of every response (rule S15), and those of CORS (rule S14)."""

from collections.abc import Collection, Iterable

from backchannel.transports.http.hosts import is_listed

API_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""For answers that are data: nothing in them is ever run or framed."""
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""For pages of this server: only its own resources, and no inline script."""

SECURITY_HEADERS = (
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "geolocation=(), payment=(), usb=()"),
)
HSTS = ("strict-transport-security", "max-age=31536000; includeSubDomains")

Pairs = list[tuple[bytes, bytes]]

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
REQUEST_HEADERS = (
    "Authorization, Content-Type, access_token, token, x-access-token, If-Range, Range, "
    "Tus-Resumable, Upload-Checksum, Upload-Length, Upload-Metadata, Upload-Offset, "
    "X-HTTP-Method-Override"
)
EXPOSED = (
    "Content-Disposition, Content-Range, ETag, Location, Retry-After, Tus-Checksum-Algorithm, "
    "Tus-Extension, Tus-Max-Size, Tus-Resumable, Tus-Version, Upload-Expires, Upload-Length, "
    "Upload-Metadata, Upload-Offset, X-Request-Id"
)
PREFLIGHT_SECONDS = 7_200
"""The seconds a browser may cache a preflight; no browser caches it longer."""


def encoded(headers: Collection[tuple[str, str]]) -> Pairs:
    """Header fields in the form that ASGI requires."""
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


class Cors:
    """The CORS headers. `*` among the origins allows every origin, for development.

    None of them allows credentials: tokens travel in headers that a page must set itself.
    """

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(each.lower().rstrip("/") for each in origins)
        self._any = "*" in self._origins

    def allows(self, origin: str) -> bool:
        return is_listed(origin.lower(), self._origins)

    def headers(self, origin: str | None) -> Pairs:
        """The headers that let a page of this origin read a response."""
        if self._any:
            return encoded([("access-control-allow-origin", "*"), _EXPOSE])
        if not self._origins:
            return []
        if origin is None or not self.allows(origin):
            return encoded([_VARY])
        return encoded([("access-control-allow-origin", origin), _EXPOSE, _VARY])

    def preflight_headers(self, origin: str) -> Pairs:
        """The headers of the answer to a preflight (Fetch standard); none for other origins."""
        if not self.allows(origin):
            return []
        return encoded(
            [
                ("access-control-allow-methods", METHODS),
                ("access-control-allow-headers", REQUEST_HEADERS),
                ("access-control-max-age", str(PREFLIGHT_SECONDS)),
            ]
        )


_EXPOSE = ("access-control-expose-headers", EXPOSED)
_VARY = ("vary", "Origin")
