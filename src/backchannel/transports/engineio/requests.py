"""Requests to an Engine.IO server: their parameters, the reasons for refusing them, and ASGI."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping, Sequence
from typing import Any, Final

import msgspec

from backchannel.transports.engineio.session import EngineIoSession
from backchannel.transports.engineio.sessions import Sessions
from backchannel.transports.http.hosts import ANY_ORIGIN, is_listed
from backchannel.transports.http.request_head import parse_query
from backchannel.transports.websocket.handshake import same_origin_or_listed

REVISION: Final = "4"
POLLING: Final = "polling"
WEBSOCKET: Final = "websocket"
TRANSPORTS: Final = frozenset({POLLING, WEBSOCKET})


class Problem(msgspec.Struct, frozen=True):
    """The reason a request is refused; the response body is its code and message as JSON."""

    code: int
    message: str
    status: int = 400
    headers: tuple[tuple[str, str], ...] = ()

    def body(self) -> bytes:
        return msgspec.json.encode({"code": self.code, "message": self.message})


UNKNOWN_TRANSPORT: Final = Problem(0, "Transport unknown")
UNKNOWN_SID: Final = Problem(1, "Session ID unknown")
BAD_HANDSHAKE_METHOD: Final = Problem(2, "Bad handshake method")
BAD_REQUEST: Final = Problem(3, "Bad request")
FORBIDDEN: Final = Problem(4, "Forbidden: the operator sets cors_origins", 403)
UNSUPPORTED_PROTOCOL_VERSION: Final = Problem(5, "Unsupported protocol version")

# These have no separate number in the protocol; clients look at the status only.
TOO_LARGE: Final = Problem(3, "Payload too large", 413)
TOO_FAST: Final = Problem(3, "Too many requests", 429, (("retry-after", "5"),))
OVERLOADED: Final = Problem(3, "Too many sessions", 503, (("retry-after", "5"),))


def too_many_packets(most: int) -> Problem:
    """The problem of a body with more than `most` packets."""
    return Problem(3, f"Too many packets: send at most {most:,} in one request, then the next ones")


class Rejected(Exception):
    """The request is answered with `problem`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Query(msgspec.Struct, frozen=True):
    transport: str = ""
    revision: str = ""
    sid: str = ""
    base64: bool = False
    """True if the client asks for binary messages as text."""


def parse(query: str) -> Query:
    """Read the query string; unknown parameters, such as a cache buster, are the client's own."""
    try:
        fields = parse_query(query)
    except ValueError:
        raise Rejected(BAD_REQUEST) from None
    return Query(
        transport=fields.get("transport", ""),
        revision=fields.get("EIO", ""),
        sid=fields.get("sid", ""),
        base64=fields.get("b64", "") not in {"", "0", "false"},
    )


def find(sessions: Sessions, sid: str) -> EngineIoSession:
    """Return the session. Raises Rejected when there is none, or no longer."""
    session = sessions.get(sid)
    if session is None:
        raise Rejected(UNKNOWN_SID)
    return session


def check_revision(query: Query) -> None:
    """Only a handshake names the revision that counts."""
    if query.revision != REVISION:
        raise Rejected(UNSUPPORTED_PROTOCOL_VERSION)


Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ClientGone(Exception):
    """The client disconnected before it was answered."""


class Response(msgspec.Struct, frozen=True):
    body: bytes = b""
    status: int = 200
    content_type: str = "text/plain; charset=UTF-8"
    headers: Sequence[tuple[str, str]] = ()


async def respond(answer: Response, headers: Sequence[tuple[str, str]], send: Send) -> None:
    """Send a whole response that nothing on its way may keep."""
    fields = [
        ("content-type", answer.content_type),
        ("content-length", str(len(answer.body))),
        ("cache-control", "no-store"),
        *answer.headers,
        *headers,
    ]
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (name.encode("latin-1"), value.encode("latin-1")) for name, value in fields
            ],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})


async def read_body(receive: Receive, limit: int) -> bytes:
    """Return the request's body. Raises Rejected (413) or ClientGone."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise Rejected(TOO_LARGE)
        if not message.get("more_body"):
            return b"".join(parts)


async def disconnected_before(
    woken: asyncio.Future[None], receive: Receive, within: float | None
) -> bool:
    """Wait until `woken`, or for `within` seconds; returns True if the client disconnects first."""
    watch = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait((watch, woken), timeout=within, return_when=asyncio.FIRST_COMPLETED)
        return watch.done()
    finally:
        watch.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


Headers = list[tuple[str, str]]


def allows(headers: Mapping[str, str], origins: Collection[str], *, secure: bool) -> bool:
    """True if a page of this Origin may poll (rule S14), as if it opened a WebSocket."""
    if "origin" in headers and "host" not in headers:
        return is_listed(headers["origin"], origins)
    return same_origin_or_listed(headers, origins, secure=secure)


def response_headers(
    headers: Mapping[str, str], origins: Collection[str], *, secure: bool
) -> Headers:
    """Return the CORS headers (Fetch standard) with which an allowed page may read the answer.

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
    """Return the CORS headers of a preflight: any header, as clients send tokens in their own."""
    asked = headers.get("access-control-request-headers")
    return [
        ("access-control-allow-methods", "GET, POST"),
        ("access-control-max-age", "600"),
        *([("access-control-allow-headers", asked)] if asked else []),
    ]
