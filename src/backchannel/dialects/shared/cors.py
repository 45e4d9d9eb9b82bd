"""Pages of other origins that may use the server (rule S14): exact names, never cookies."""

from collections.abc import Iterable

from backchannel.dialects.shared.headers import Pairs, encoded
from backchannel.transports.http.origins import is_listed

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


class Cors:
    """Answers browsers. `*` among the origins is every origin, for development.

    Nothing here allows credentials: tokens travel in headers that a page must set itself.
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
        """The answer to "may I?" (Fetch standard, CORS-preflight); empty for strangers."""
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
