"""One HTTP request and its answer; what goes wrong is told so that a person can act on it."""

import http.client
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from backchannel.domain.errors import ChatError

PATIENCE = 15.0
"""Seconds until an answer is given up."""
BUSY = {429, 502, 503, 504}
"""Statuses after which the same request may succeed later (RFC 9110, section 15)."""


class Refused(ChatError):
    """The server has said no; the text says why. `answer` is the HTTP status, if there is one."""

    def __init__(self, text: str, answer: int | None = None) -> None:
        super().__init__(text)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Request:
    """`patience` is in seconds."""

    method: str
    path: str
    body: bytes | None = None
    token: str | None = None
    patience: float = PATIENCE


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server is, and how far it is trusted. `host` is what it is called if not as there."""

    url: str
    tls: ssl.SSLContext | None = None
    host: str | None = None


class Exchange:
    """Carries requests to one server. Never follows a redirect: it would take the token along."""

    def __init__(self, server: Server) -> None:
        self._url = server.url
        self._host = server.host
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=server.tls), _NoRedirects()
        )

    def carry_out(self, wanted: Request) -> tuple[bytes, str | None]:
        """The answer's body and date. Raises `Refused`, `OSError`."""
        url = self._url + wanted.path
        request = urllib.request.Request(url, wanted.body, method=wanted.method)  # noqa: S310  # the scheme was checked with the address
        request.add_header("User-Agent", "backchannel chat")
        if self._host is not None:
            request.add_header("Host", self._host)
        if wanted.token:
            request.add_header("Authorization", f"Bearer {wanted.token}")
        if wanted.body is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with self._opener.open(request, timeout=wanted.patience) as answer:
                content: bytes = answer.read()
                return content, answer.headers.get("Date")
        except urllib.error.HTTPError as error:
            raise _refusal(error) from None
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionError(explanation(self._url, error)) from None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object, **_named: object) -> None:
        """Leave the redirect to be refused."""


class _Problem(msgspec.Struct):
    detail: str = ""


def _refusal(error: urllib.error.HTTPError) -> Exception:
    """The server's reason, in its own words."""
    if 300 <= error.code < 400:
        place = error.headers.get("Location")
        return Refused(f"the server redirects to {place}; name its address with --server")
    try:
        problem = msgspec.json.decode(error.read(), type=_Problem)
    except (msgspec.DecodeError, OSError, http.client.HTTPException):
        problem = _Problem()
    text = f"the server says: {problem.detail or error.reason}"
    return ConnectionError(text) if error.code in BUSY else Refused(text, error.code)


def explanation(url: str, error: Exception) -> str:
    """Why a server cannot be talked to, and what would help, in one line."""
    cause = getattr(error, "reason", error)
    other = "https" if url.startswith("http:") else "http"
    advice = f"try --server {other}://{urlsplit(url).netloc}"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"the certificate of {url} is not trusted: {cause.verify_message}; "
            "if it is the server's own, name its file with --trust"
        )
    if isinstance(cause, ssl.SSLError):
        return f"{url} does not speak TLS; if it is a plain HTTP server, {advice}"
    if isinstance(cause, (http.client.HTTPException, ConnectionResetError)):
        return f"{url} does not answer in HTTP; if it uses TLS, {advice}"
    reason = getattr(cause, "strerror", None) or cause
    return f"{url} cannot be reached: {reason}"
