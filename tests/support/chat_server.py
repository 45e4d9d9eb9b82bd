"""A whole server on the test's event loop, so that a test can read its storage."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from litestar import Router
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from backchannel.app.endpoints import ERRORS, Endpoints, mount_dialects
from backchannel.chat.core import Core
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.dialects.socketio import http as socketio_http
from backchannel.http.application import http_app
from backchannel.http.docs.config import Docs
from backchannel.http.edge import Edge, EdgePolicy
from backchannel.transports.http.protocol import http_protocol
from backchannel.transports.websocket.upgrade import websocket_protocol


@dataclass(frozen=True)
class ChatServer:
    """Every dialect on one port, over `core`."""

    core: Core
    connections: ConnectionManager
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_address(self) -> str:
        return f"ws://127.0.0.1:{self.port}"


class _Application:
    """The HTTP application of one server after another: building one takes long."""

    def __init__(self, core: Core, endpoints: Endpoints, edge: EdgePolicy) -> None:
        mount = ASGIRouteHandler(socketio_http.MOUNT, is_mount=True, copy_scope=True)
        self._edge = edge
        self._app: Any = http_app(
            core,
            [*_routers(endpoints), mount(self._serve_socketio)],
            edge=edge,
            errors=ERRORS,
            docs=Docs("0"),
        )

    def serve(self, core: Core, endpoints: Endpoints) -> Edge:
        """Serve this core from now on, behind a new edge."""
        routes = self._app._app
        routes.state.core = core
        (self._socketio,) = (
            each.fn for each in endpoints.http if isinstance(each, ASGIRouteHandler)
        )
        return Edge(routes, self._edge, ERRORS)

    async def _serve_socketio(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._socketio(scope, receive, send)


_unused: defaultdict[Sequence[str], list[_Application]] = defaultdict(list)
"""By origins."""


def _routers(endpoints: Endpoints) -> list[Router]:
    return [each for each in endpoints.http if isinstance(each, Router)]


@asynccontextmanager
async def chat_server(core: Core, *, origins: Sequence[str] = ()) -> AsyncGenerator[ChatServer]:
    """A running server, stopped at the end. The pages of `origins` may use it."""
    connections = ConnectionManager(core)
    endpoints = mount_dialects(connections, origins=origins)
    unused = _unused[tuple(origins)]
    application = (
        unused.pop() if unused else _Application(core, endpoints, EdgePolicy(cors_origins=origins))
    )
    config = uvicorn.Config(
        application.serve(core, endpoints),
        port=0,
        http=http_protocol(),
        ws=websocket_protocol(endpoints.websockets, origins=origins),
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    rounds = asyncio.create_task(connections.run())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.005)
    try:
        yield ChatServer(core, connections, server.servers[0].sockets[0].getsockname()[1])
    finally:
        rounds.cancel()
        endpoints.drain()
        server.should_exit = True
        await serving
        await core.sending.stop()
        await core.receipts.flush()
        unused.append(application)
