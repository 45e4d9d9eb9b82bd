"""The server's side of the opening handshake (RFC 6455, section 4.2), without any I/O."""

import base64
import binascii
import hashlib
from collections.abc import Collection, Mapping
from http import HTTPStatus

import msgspec

from backchannel.transports.http import answer
from backchannel.transports.http.hosts import is_listed

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_LISTS = frozenset({"connection", "upgrade", "sec-websocket-extensions", "sec-websocket-protocol"})


class BadHandshake(Exception):
    """The request is not a valid upgrade; `status` and `headers` answer it."""

    def __init__(
        self, message: str, status: int = 400, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


class RequestHead(msgspec.Struct, frozen=True):
    """A request line and its fields; names are lower case, repeated list fields are joined."""

    method: str
    target: str
    version: str
    headers: Mapping[str, str]


def parse_head(head: bytes) -> RequestHead:
    """Parse a complete HTTP/1.1 request head. Raises BadHandshake (400)."""
    try:
        request_line, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        method, target, version = request_line.split(" ")
    except ValueError:
        raise BadHandshake("malformed request") from None
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name, value = name.lower(), value.strip(" \t")
        if not colon or not name or name != name.strip():
            raise BadHandshake("malformed header")
        if name not in headers:
            headers[name] = value
        elif name in _LISTS:
            headers[name] += ", " + value
        elif name.startswith("sec-websocket-") or name in {"host", "origin"}:
            raise BadHandshake(f"repeated {name}")
        else:
            headers[name] += ("; " if name == "cookie" else ", ") + value
    return RequestHead(method, target, version, headers)


def check(head: RequestHead) -> str:
    """Return the request's key if it is a valid upgrade (4.2.1). Raises BadHandshake."""
    headers = head.headers
    if head.method != "GET" or head.version != "HTTP/1.1":
        raise BadHandshake("an upgrade is GET and HTTP/1.1")
    if "host" not in headers:
        raise BadHandshake("Host is missing")
    if "websocket" not in tokens(headers, "upgrade") or "upgrade" not in tokens(
        headers, "connection"
    ):
        raise BadHandshake("not an upgrade to websocket", 426, (("Upgrade", "websocket"),))
    if headers.get("sec-websocket-version") != "13":
        raise BadHandshake("unsupported version", 426, (("Sec-WebSocket-Version", "13"),))
    key = headers.get("sec-websocket-key", "")
    try:
        nonce = base64.b64decode(key, validate=True)
    except binascii.Error:
        nonce = b""
    if len(nonce) != 16:
        raise BadHandshake("Sec-WebSocket-Key is not 16 bytes in base64")
    return key


def tokens(headers: Mapping[str, str], name: str) -> list[str]:
    """Return a comma-separated field's values, in lower case."""
    return [token.strip().lower() for token in headers.get(name, "").split(",")]


def subprotocols(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the subprotocols that the client offers, most wanted first."""
    field = headers.get("sec-websocket-protocol", "")
    return tuple(token for each in field.split(",") if (token := each.strip()))


def same_origin_or_listed(
    headers: Mapping[str, str], allowed: Collection[str], *, secure: bool
) -> bool:
    """True if a browser's page of this Origin may connect (section 10.2).

    True without an Origin, for one that is listed in `allowed`, and for one whose host and port are
    the request's own Host, unless it is of `http` while the connection is `secure`. `*` in
    `allowed` is every origin, for development.
    """
    origin = headers.get("origin")
    if origin is None or is_listed(origin, allowed):
        return True
    scheme, separator, authority = origin.partition("://")
    port = {"http": ":80", "https": ":443"}.get(scheme)
    # The reverse proves nothing: a proxy that ends TLS need not say so.
    if not separator or port is None or (secure and scheme == "http"):
        return False
    host = headers["host"].lower()
    return host.removesuffix(port) == authority.lower().removesuffix(port)


def accept_token(key: str) -> str:
    """Return Sec-WebSocket-Accept for a Sec-WebSocket-Key (4.2.2)."""
    digest = hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def switching_protocols(key: str, headers: Collection[tuple[str, str]]) -> bytes:
    """Return the 101 response."""
    return answer.head(
        HTTPStatus.SWITCHING_PROTOCOLS,
        (
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", accept_token(key)),
            *headers,
        ),
    )
