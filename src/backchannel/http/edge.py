"""The edge: the checks and headers of every HTTP request and response.

Plain ASGI, outside the framework, so that its own errors pass it as well.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import cast
from urllib.parse import unquote_to_bytes

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from backchannel.budgets.held import HeldBytes
from backchannel.budgets.pace import Pace
from backchannel.domain.errors import Overloaded
from backchannel.http.errors import ErrorInfo, Render, internal_error, refusal, render_at
from backchannel.http.exchange import GIVEN_UP, Incoming, Outgoing, UnreadAnswers, UnreadBody
from backchannel.http.headers import Cors, Pairs, encoded, missing
from backchannel.http.requests import plain_headers, with_encoded_slashes
from backchannel.telemetry.logs import SparingLog, request_scope
from backchannel.transports.http.forwarded import client_of, is_secure
from backchannel.transports.http.hosts import UNKNOWN_HOST, Hosts, is_local, parse_host
from backchannel.transports.http.limits import Network
from backchannel.transports.websocket.handshake import same_origin_or_listed

log = logging.getLogger(__name__)
refusals = SparingLog(log)

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class EdgePolicy:
    """The access policy. Empty `allowed_hosts` allow any name, empty `cors_origins` no other page.

    `probes` are the paths that answer under any name: a supervisor asks by address.
    """

    allowed_hosts: Sequence[str] = ()
    cors_origins: Sequence[str] = ()
    trusted_proxies: Sequence[Network] = ()
    probes: frozenset[str] = frozenset()
    hsts: bool = True
    """Send HSTS, so that browsers insist on TLS (RFC 6797); not with a test certificate."""
    options: Mapping[str, Fields] = field(default_factory=dict[str, Fields])
    """Headers by path that OPTIONS returns in addition to those of CORS."""
    overridable: Collection[str] = ()
    """Paths at which, and below which, `X-HTTP-Method-Override` names the method."""
    held_before_login: HeldBytes = field(default_factory=HeldBytes, repr=False)
    """The bytes held for all clients that are not logged in."""
    pace: Pace = field(default_factory=Pace, repr=False)
    """The pace at which requests begin."""


class Edge:
    """Wraps an application: client address, host, CORS, HEAD, security headers, request id.

    It also bounds the parts of answers that clients leave unread.
    """

    def __init__(self, app: ASGIApp, policy: EdgePolicy, errors: Mapping[str, Render]) -> None:
        self._app = app
        self._policy = policy
        self._errors = errors
        self._hosts = Hosts(policy.allowed_hosts)
        self._cors = Cors(policy.cors_origins)
        self._unread = UnreadAnswers()
        self._shared = bool(policy.cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        with request_scope() as request_id:
            headers = plain_headers(scope)
            unread = cast("UnreadBody | None", scope["state"].pop("unread", None))
            seen = self._seen(scope, headers, request_id)
            extra = [*self._cors.headers(headers.get("origin")), (_ID, request_id.encode())]
            lacking = partial(missing, hsts=self._insists(seen, headers), shared=self._shared)
            sender = Outgoing(send, extra, seen, self._unread, lacking)
            policy = self._policy
            body = Incoming(receive, seen, policy.held_before_login, policy.pace, unread)
            began = time.perf_counter()
            try:
                await body.wait_for_turn()
                if not await self._answered(seen, headers, sender):
                    await self._app(seen, body, sender)
            except Exception as error:
                if sender.started:
                    raise
                if isinstance(error, Overloaded):
                    info = refusal(error)
                else:
                    info = internal_error(error, request_id=request_id)
                await self._refuse(seen, sender, info)
            except asyncio.CancelledError as cancelled:
                await self._end(cancelled, seen, body, sender)
            finally:
                body.forget()
            if sender.refused is not None:
                await self._refuse(seen, sender, refusal(sender.refused))
            if log.isEnabledFor(logging.DEBUG):
                took = 1_000 * (time.perf_counter() - began)
                # Without the query, which may hold a token or search terms (rule S6).
                log.debug(
                    "%s %s %s in %.1f ms", scope["method"], scope["path"], sender.status, took
                )

    async def _end(
        self,
        cancelled: asyncio.CancelledError,
        scope: HTTPScope,
        body: Incoming,
        sender: Outgoing,
    ) -> None:
        """Answer a request whose task was cancelled, if it has no answer yet."""
        if GIVEN_UP in cancelled.args:
            log.warning("a response was dropped because its client did not read it")
        elif not sender.started:
            # Except for the budget, only uvicorn cancels: the process must end.
            await self._refuse(scope, sender, _CROWDED if body.given_up else _STOPPING)

    def _seen(self, scope: HTTPScope, headers: dict[str, str], request_id: str) -> HTTPScope:
        """The request as the application is to see it; uvicorn keeps the original."""
        seen = scope.copy()
        if trusted := self._policy.trusted_proxies:
            peer = scope["client"] or ("", 0)
            tls = is_secure(peer, headers, trusted, tls=scope["scheme"] == "https")
            seen["client"] = client_of(peer, headers, trusted)
            seen["scheme"] = "https" if tls else "http"
        method = self._method(scope, headers)
        seen["method"] = method
        head = method == HttpMethod.HEAD
        seen["path"] = with_encoded_slashes(seen)
        pace = self._policy.pace
        seen["state"] = {**scope["state"], "request_id": request_id, "head": head, "pace": pace}
        if head:
            # uvicorn leaves out the body of an answer to HEAD.
            seen["method"] = HttpMethod.GET
        return seen

    def _method(self, scope: HTTPScope, headers: dict[str, str]) -> HttpMethod:
        """The method that counts (tus 1.0, X-HTTP-Method-Override).

        An unknown method becomes PUT, which no path with a method override accepts.
        """
        named = headers.get("x-http-method-override", "").strip().upper()
        path = scope["path"].rstrip("/")
        if named and not {path, path.rpartition("/")[0]}.isdisjoint(self._policy.overridable):
            return HttpMethod(named) if named in set(HttpMethod) else HttpMethod.PUT
        return cast("HttpMethod", scope["method"])

    def _insists(self, scope: HTTPScope, headers: dict[str, str]) -> bool:
        """True if this answer carries HSTS, which browsers heed over TLS and for names only."""
        named = self._policy.hsts and scope["scheme"] == "https"
        return named and not is_local(parse_host(headers.get("host", "")))

    async def _answered(self, scope: HTTPScope, headers: dict[str, str], send: Send) -> bool:
        """True if the request was answered here and goes no further."""
        self._note_stranger(headers)
        if not self._hosts.allow(headers.get("host")) and scope["path"] not in self._policy.probes:
            host = headers.get("host", "")
            refusals.warning("a Host is refused; allowed_hosts would allow it", host=host)
            await self._refuse(scope, send, _MISDIRECTED)
        elif not (_is_text(scope["raw_path"]) and _is_text(scope["query_string"])):
            await self._refuse(scope, send, _NO_TEXT)
        elif scope["method"] == HttpMethod.OPTIONS:
            # Only browsers send OPTIONS, before a request; a 405 lists the methods of a path.
            allowed = self._cors.preflight_headers(headers.get("origin", ""))
            own = encoded(self._policy.options.get(scope["path"].rstrip("/"), ()))
            await _respond(send, 204, [*allowed, *own])
        else:
            return False
        return True

    def _note_stranger(self, headers: dict[str, str]) -> None:
        """Tell the operator why a page of another origin cannot use the server."""
        origin = headers.get("origin")
        if origin is None or "host" not in headers or self._cors.allows(origin):
            return
        if not same_origin_or_listed(headers, (), secure=False):
            refusals.warning("an Origin is not allowed; cors_origins would allow it", origin=origin)

    async def _refuse(self, scope: HTTPScope, send: Send, error: ErrorInfo) -> None:
        response = render_at(scope["path"], self._errors)(error)
        media_type = str(response.media_type)
        body = response.render(response.content, media_type)
        headers = {**response.headers, "content-type": media_type}
        await _respond(send, response.status_code or error.status, encoded(headers.items()), body)


_ID = b"x-request-id"
_MISDIRECTED = ErrorInfo(
    status=HTTPStatus.MISDIRECTED_REQUEST,
    code="unknown_host",
    text=UNKNOWN_HOST,
    field="host",
)
_CROWDED = ErrorInfo(
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    code="overloaded",
    text="too many clients that have not logged in send at once; try again in a moment",
    retry_after=1.0,
    headers=(("connection", "close"),),  # the rest of the request is not read
)
_STOPPING = ErrorInfo(
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    code="unavailable",
    text="the server is stopping; try again in a moment",
    retry_after=1.0,
)
_NO_TEXT = ErrorInfo(
    status=400, code="invalid", text="the path and query must be UTF-8 without NUL characters"
)


def _is_text(encoded: bytes) -> bool:
    """True for UTF-8 without NUL characters, once percent signs are decoded."""
    if b"%" not in encoded:
        return True
    try:
        return "\0" not in unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        return False


async def _respond(send: Send, status: int, headers: Pairs, body: bytes = b"") -> None:
    length = (b"content-length", str(len(body)).encode())
    given = headers if status == HTTPStatus.NO_CONTENT else [*headers, length]
    await send({"type": "http.response.start", "status": status, "headers": given})
    await send({"type": "http.response.body", "body": body, "more_body": False})
