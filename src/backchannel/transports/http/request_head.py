"""A request's head: version, target, Host and fields (RFC 9112; RFC 9110, section 5.3)."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import parse_qsl

from backchannel.transports.http.hosts import parse_host
from backchannel.transports.http.limits import Refusal

Fields = list[tuple[bytes, bytes]]

LONGEST_TYPE = 1_024
"""Bytes of a Content-Type: a multipart boundary has 70, and thousands of parameters take long."""
MOST_PARAMETERS = 100
"""Parameters of a query."""

_ABSOLUTE = re.compile(rb"(?:https?|wss?)://([^/?#]*)([^#]*)", re.IGNORECASE)


def joined(fields: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Fields by lower-case name; the lines of a repeated one are joined in their order."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in fields:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name in headers:
            value = headers[name] + ("; " if name == "cookie" else ", ") + value
        headers[name] = value
    return headers


def parse_query(query: str) -> dict[str, str]:
    """The parameters of a query. Raises ValueError for more than `MOST_PARAMETERS`."""
    return dict(parse_qsl(query, max_num_fields=MOST_PARAMETERS))


def asks_for_websocket(fields: Fields) -> bool:
    """True if these are the fields of an upgrade to WebSocket (RFC 6455, section 4.1)."""
    given = joined(fields)
    return all(
        wanted in (each.strip().lower() for each in given.get(name, "").split(","))
        for name, wanted in (("connection", "upgrade"), ("upgrade", "websocket"))
    )


def check(version: str, fields: Fields) -> None:
    """Check the version and the coding of the body.

    Raises Refusal: 400 for a request line without a version (HTTP/0.9), 505 for HTTP/2, 501 for a
    transfer coding other than chunked (RFC 9112, section 6.1), 431 for a long Content-Type.
    """
    if version not in {"1.0", "1.1"}:
        old = version < "1"
        status = HTTPStatus.BAD_REQUEST if old else HTTPStatus.HTTP_VERSION_NOT_SUPPORTED
        raise Refusal(status, "this server speaks HTTP/1.1")
    if any(name == b"content-type" and len(value) > LONGEST_TYPE for name, value in fields):
        text = f"the Content-Type may have at most {LONGEST_TYPE:,} bytes"
        raise Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text)
    codings = (value for name, value in fields if name == b"transfer-encoding")
    if any(coding.strip().lower() != b"chunked" for coding in codings):
        raise Refusal(HTTPStatus.NOT_IMPLEMENTED, "the only transfer coding here is chunked")


def resolve(target: bytes, fields: Fields, *, method: bytes, version: str) -> bytes:
    """Check the Host and return the target in origin-form (RFC 9112, sections 3.2 and 3.3).

    The host of an absolute target takes the place of the Host in `fields` (3.2.2).
    Raises Refusal (400).
    """
    hosts = [value for name, value in fields if name == b"host"]
    if len(hosts) > 1:
        raise Refusal(HTTPStatus.BAD_REQUEST, "send one Host header, not several")
    if not hosts and version != "1.0":
        raise Refusal(HTTPStatus.BAD_REQUEST, "the Host header is missing")
    if hosts:
        _check_host(hosts[0])
    if target.startswith(b"/"):
        return target
    if target == b"*" and method == b"OPTIONS":
        return b"/"
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None:
        raise Refusal(HTTPStatus.BAD_REQUEST, "the target is neither a path nor a URL of this host")
    authority, rest = absolute.groups()
    _check_host(authority)
    fields[:] = [field for field in fields if field[0] != b"host"]
    fields.append((b"host", authority))
    return rest if rest.startswith(b"/") else b"/" + rest


def without_upgrade(fields: Fields) -> Fields:
    """Return the fields of a request whose offer of another protocol is ignored."""
    kept: Fields = []
    for name, value in fields:
        if name == b"connection":
            options = [option.strip() for option in value.split(b",")]
            value = b", ".join(each for each in options if each.lower() != b"upgrade")  # noqa: PLW2901
        if name != b"upgrade" and value:
            kept.append((name, value))
    return kept


def written(method: str, target: bytes, version: str, fields: Fields) -> bytes:
    """The head as a client sends it."""
    line = b"%b %b HTTP/%b\r\n" % (method.encode(), target, version.encode())
    return line + b"".join(b"%b: %b\r\n" % field for field in fields) + b"\r\n"


def _check_host(value: bytes) -> None:
    if parse_host(value.decode("latin-1")) is None:
        raise Refusal(HTTPStatus.BAD_REQUEST, "the Host is not a host name or IP address")
