"""The edge: what every HTTP request and every response passes, whatever is behind it.

Plain ASGI, outside the framework, so that its own errors pass it as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from backchannel.dialects.shared.cors import Cors
from backchannel.dialects.shared.errors import Render, render_at
from backchannel.dialects.shared.faults import Fault, accident
from backchannel.dialects.shared.headers import Pairs, encoded, missing
from backchannel.dialects.shared.hosts import Hosts
from backchannel.dialects.shared.requests import plain_headers
from backchannel.telemetry.requests import request_scope
from backchannel.transports.http.caps import Network
from backchannel.transports.http.forwarded import client_of, is_secure

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class EdgePolicy:
    """Who may ask. Empty `allowed_hosts` allow every name, empty `cors_origins` no other page.

    `probes` are the paths that answer under any name: a supervisor asks by address.
    """

    allowed_hosts: Sequence[str] = ()
    cors_origins: Sequence[str] = ()
    trusted_proxies: Sequence[Network] = ()
    probes: frozenset[str] = frozenset()
    options: Mapping[str, Fields] = field(default_factory=dict[str, Fields])
    """Headers by path, with which OPTIONS is answered besides CORS."""


class Edge:
    """Wraps an application: client address, host, CORS, HEAD, security headers, request id."""

    def __init__(self, app: ASGIApp, policy: EdgePolicy, errors: Mapping[str, Render]) -> None:
        self._app = app
        self._policy = policy
        self._errors = errors
        self._hosts = Hosts(policy.allowed_hosts)
        self._cors = Cors(policy.cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        with request_scope() as request_id:
            headers = plain_headers(scope)
            seen = self._seen(scope, headers, request_id)
            extra = [*self._cors.headers(headers.get("origin")), (_ID, request_id.encode())]
            sender = _Sender(send, extra, secure=seen["scheme"] == "https")
            try:
                if not await self._answered(seen, headers, sender):
                    await self._app(seen, receive, sender)
            except Exception as error:
                if sender.started:
                    raise
                await self._refuse(seen, sender, accident(error, request_id=request_id))

    def _seen(self, scope: HTTPScope, headers: dict[str, str], request_id: str) -> HTTPScope:
        """The request as the application shall see it; uvicorn keeps the original."""
        seen = scope.copy()
        if trusted := self._policy.trusted_proxies:
            peer = scope["client"] or ("", 0)
            tls = is_secure(peer, headers, trusted, tls=scope["scheme"] == "https")
            seen["client"] = client_of(peer, headers, trusted)
            seen["scheme"] = "https" if tls else "http"
        head = scope["method"] == "HEAD"
        seen["state"] = {**scope["state"], "request_id": request_id, "head": head}
        if head:
            # uvicorn leaves out the body of an answer to HEAD.
            seen["method"] = HttpMethod.GET
        return seen

    async def _answered(self, scope: HTTPScope, headers: dict[str, str], send: Send) -> bool:
        """Whether the request ends here."""
        if not self._hosts.allow(headers.get("host")) and scope["path"] not in self._policy.probes:
            await self._refuse(scope, send, _MISDIRECTED)
        elif "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            await self._refuse(scope, send, _CONTROL)
        elif scope["method"] == "OPTIONS":
            # Only browsers ask, before a request; which methods a path has, a 405 tells.
            allowed = self._cors.preflight_headers(headers.get("origin", ""))
            own = encoded(self._policy.options.get(scope["path"].rstrip("/"), ()))
            await _respond(send, 204, [*allowed, *own])
        else:
            return False
        return True

    async def _refuse(self, scope: HTTPScope, send: Send, fault: Fault) -> None:
        response = render_at(scope["path"], self._errors)(fault)
        media_type = str(response.media_type)
        body = response.render(response.content, media_type)
        headers = {**response.headers, "content-type": media_type}
        await _respond(send, response.status_code or fault.status, encoded(headers.items()), body)


class _Sender:
    """ASGI's `send`, adding the headers a response lacks."""

    __slots__ = ("_extra", "_secure", "_send", "started")

    def __init__(self, send: Send, extra: Pairs, *, secure: bool) -> None:
        self._send = send
        self._extra = extra
        self._secure = secure
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            given = list(message["headers"])
            present = {name for name, _ in given}
            given += [pair for pair in self._extra if pair[0] not in present]
            message["headers"] = [*given, *missing(given, secure=self._secure)]
        await self._send(message)


_ID = b"x-request-id"
_MISDIRECTED = Fault(
    status=HTTPStatus.MISDIRECTED_REQUEST,
    code="unknown_host",
    text="this server does not answer to that Host; its operator sets allowed_hosts",
    field="host",
)
_CONTROL = Fault(status=400, code="invalid", text="the path and query must not hold NUL characters")


async def _respond(send: Send, status: int, headers: Pairs, body: bytes = b"") -> None:
    length = (b"content-length", str(len(body)).encode())
    given = headers if status == HTTPStatus.NO_CONTENT else [*headers, length]
    await send({"type": "http.response.start", "status": status, "headers": given})
    await send({"type": "http.response.body", "body": body, "more_body": False})
