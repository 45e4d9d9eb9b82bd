"""The opening handshake on an asyncio transport: from an upgrade request to an open socket."""

import asyncio
import logging
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

import msgspec
from uvicorn.server import ServerState

from backchannel.budgets.held import HeldBytes
from backchannel.telemetry.logs import SparingLog
from backchannel.transports.http import answer
from backchannel.transports.http.forwarded import client_of, is_secure, plain_address
from backchannel.transports.http.hosts import UNKNOWN_HOST, Hosts
from backchannel.transports.http.limits import Network
from backchannel.transports.websocket import handshake
from backchannel.transports.websocket.deflate import Deflate, Extension
from backchannel.transports.websocket.endpoint import (
    Accepted,
    Endpoint,
    Limits,
    Refused,
    UpgradeRequest,
)
from backchannel.transports.websocket.handshake import BadHandshake, RequestHead
from backchannel.transports.websocket.protocol import WebSocket
from backchannel.transports.websocket.service import Service

logger = logging.getLogger("backchannel.transports.websocket")
refusals = SparingLog(logger)

_MAX_EARLY = 64 << 10  # bytes kept of a client that does not wait for the answer
_RETRY = (("Retry-After", "5"),)
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Upgrade(asyncio.Protocol):
    """Lives from the upgrade request to the answer; then a `WebSocket` takes the transport."""

    __slots__ = ("_address", "_early", "_server_state", "_service", "_task", "_transport")

    _transport: asyncio.Transport

    def __init__(self, service: Service, server_state: ServerState) -> None:
        self._service = service
        self._server_state = server_state
        self._early = b""
        self._task: asyncio.Task[None] | None = None
        self._address: str | None = None  # set while it counts against the caps

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)

    @property
    def _connections(self) -> set[Any]:
        # uvicorn types the set for its own protocols; it calls only shutdown() on them
        return cast("set[Any]", self._server_state.connections)

    def data_received(self, data: bytes) -> None:
        """Take the whole request head first, as uvicorn gives it; keep the bytes after it."""
        if self._task is not None:
            self._keep(data)
            return
        try:
            self._begin(handshake.parse_head(data))
        except BadHandshake as bad:
            self._refuse(bad.status, str(bad).encode(), bad.headers)

    def _keep(self, data: bytes) -> None:
        self._early += data
        if len(self._early) > _MAX_EARLY and not self._transport.is_closing():
            self._transport.pause_reading()

    def _begin(self, head: RequestHead) -> None:
        key = handshake.check(head)
        service = self._service
        if not service.hosts.allow(head.headers["host"]):
            host = head.headers["host"]
            refusals.warning("a Host is refused; allowed_hosts would allow it", host=host)
            raise BadHandshake(UNKNOWN_HOST, 421)
        path, _, query = head.target.partition("?")
        if path not in service.endpoints:
            raise BadHandshake("Not Found", 404)
        request = self._request(head, path, query)
        if not handshake.same_origin_or_listed(
            head.headers, service.origins, secure=request.secure
        ):
            origin = head.headers["origin"]
            refusals.warning("an Origin is refused; cors_origins would allow it", origin=origin)
            raise BadHandshake("Origin is not allowed; the operator sets cors_origins", 403)
        extension = self._agree(head)
        if not service.caps.enter(request.client[0]):
            raise BadHandshake("too many connections", 503, _RETRY)
        self._address = request.client[0]
        self._task = asyncio.get_running_loop().create_task(self._decide(request, key, extension))

    def _agree(self, head: RequestHead) -> Extension | None:
        offers = head.headers.get("sec-websocket-extensions")
        if not offers or self._service.compression is None:
            return None
        try:
            return self._service.compression.negotiate(offers)
        except ValueError as error:
            raise BadHandshake(str(error)) from None

    def _request(self, head: RequestHead, path: str, query: str) -> UpgradeRequest:
        # a 4-tuple for IPv6; a Unix socket's peer has no name
        peername: tuple[str, int] | str | None = self._transport.get_extra_info("peername")
        peer = ("", 0)
        if isinstance(peername, tuple):
            peer = (plain_address(peername[0]), peername[1])
        tls = self._transport.get_extra_info("sslcontext") is not None
        trusted = self._service.trusted_proxies
        return UpgradeRequest(
            path=path,
            query=query,
            headers=head.headers,
            client=client_of(peer, head.headers, trusted),
            secure=is_secure(peer, head.headers, trusted, tls=tls),
            subprotocols=handshake.subprotocols(head.headers),
        )

    async def _decide(self, request: UpgradeRequest, key: str, extension: Extension | None) -> None:
        endpoint = self._service.endpoints[request.path]
        try:
            async with asyncio.timeout(self._service.limits.handshake_timeout):
                decision = await endpoint(request)
            if isinstance(decision, Refused):
                self._refuse(decision.status, decision.body, decision.headers)
            elif not self._transport.is_closing():
                self._open(request, key, decision, extension)
        except TimeoutError:
            self._refuse(503, b"", _RETRY)
        except Exception:
            logger.exception("endpoint failed", extra={"path": request.path})
            self._refuse(500)

    def _open(
        self,
        request: UpgradeRequest,
        key: str,
        accepted: Accepted,
        extension: Extension | None,
    ) -> None:
        headers = list(accepted.headers)
        if accepted.subprotocol is not None:
            headers.append(("Sec-WebSocket-Protocol", accepted.subprotocol))
        if extension is not None:
            headers.append(("Sec-WebSocket-Extensions", extension.response))
        response = handshake.switching_protocols(key, headers)
        socket = WebSocket(
            self._service,
            self._transport,
            _slim(request),
            accepted.handler,
            self._connections,
            extension,
        )
        self._address = None  # the socket counts from here on
        self._connections.discard(self)
        self._transport.set_protocol(socket)
        self._transport.resume_reading()
        socket.start(response, self._early)

    def _refuse(self, status: int, body: bytes = b"", headers: answer.Headers = ()) -> None:
        if self._transport.is_closing():
            return
        default = answer.decoded(self._server_state.default_headers)
        self._transport.write(answer.refusal(status, body, [*default, *headers]))
        self._transport.close()

    def shutdown(self) -> None:
        """Refuse while the process drains: uvicorn calls this (rule R12)."""
        self._refuse(503, b"", _RETRY)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        if self._address is not None:
            self._service.caps.leave(self._address)
            self._address = None
        if self._task is not None:
            self._task.cancel()


def _slim(request: UpgradeRequest) -> UpgradeRequest:
    """Drop the data that only the endpoint needed: a socket may be open, and idle, for days."""
    path = sys.intern(request.path)
    return msgspec.structs.replace(request, path=path, headers=_NO_HEADERS, subprotocols=())


def websocket_protocol(
    endpoints: Mapping[str, Endpoint],
    limits: Limits | None = None,
    *,
    hosts: Collection[str] = (),
    origins: Collection[str] = (),
    deflate: Deflate | None = None,
    trusted_proxies: Sequence[Network] = (),
    held_before_login: HeldBytes | None = None,
) -> type[asyncio.Protocol]:
    """Return the `ws` argument of `uvicorn.Config`.

    `endpoints` maps a path, exactly as in the request line, to its endpoint; the mapping is
    read at each upgrade. `hosts` are the names answered to (see `Hosts`). `origins` are the
    foreign origins let in, such as "https://chat.example"; a page of this server's host always is.
    `deflate` turns permessage-deflate on. `trusted_proxies` may name the client.
    `held_before_login` bounds the bytes held for all clients together that have not logged in.
    """
    service = Service(
        endpoints,
        limits or Limits(),
        hosts=Hosts(hosts),
        origins=origins,
        held_before_login=held_before_login or HeldBytes(),
        deflate=deflate,
        trusted_proxies=trusted_proxies,
    )

    def build(*, server_state: ServerState, **_config_and_app_state: Any) -> Upgrade:
        return Upgrade(service, server_state)

    # uvicorn's annotation names a class, but it only calls it
    return cast("type[asyncio.Protocol]", cast("Callable[..., asyncio.Protocol]", build))
