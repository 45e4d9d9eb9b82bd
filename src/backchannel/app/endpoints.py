"""The dialects that the server speaks: to remove one, delete its folder and its lines here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from litestar import Router
from litestar.handlers import ASGIRouteHandler

from backchannel.budgets.pace import Pace
from backchannel.chat.core import Core
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.dialects import plain_accounts as plain_accounts_http
from backchannel.dialects.chat_socket import http as chat_socket_http
from backchannel.dialects.chat_socket import socket as chat_socket
from backchannel.dialects.echo_sessions import http as echo_sessions_http
from backchannel.dialects.echo_sessions.events import EchoSessions
from backchannel.dialects.echo_sessions.wire import render as render_echo_sessions
from backchannel.dialects.event_socket import http as event_socket_http
from backchannel.dialects.event_socket import socket as event_socket
from backchannel.dialects.native import asyncapi as native_asyncapi
from backchannel.dialects.native import socket as native_socket
from backchannel.dialects.native.http import routes as native_http
from backchannel.dialects.native.http import uploads as native_uploads
from backchannel.dialects.native.http.problems import problem
from backchannel.dialects.queued_messages import http as queued_messages_http
from backchannel.dialects.queued_messages.events import QueuedMessages
from backchannel.dialects.queued_messages.wire import render as render_queued_messages
from backchannel.dialects.socketio import http as socketio_http
from backchannel.dialects.socketio.dialect import Dialect
from backchannel.dialects.socketio.server import endpoints as socketio_endpoints
from backchannel.dialects.socketio.server import socket_io
from backchannel.dialects.user_rooms import http as user_rooms_http
from backchannel.dialects.user_rooms.events import UserRooms
from backchannel.dialects.user_rooms.wire import render as render_user_rooms
from backchannel.dialects.web_client import http as web_client_http
from backchannel.domain.errors import Overloaded
from backchannel.http import monitoring, tus
from backchannel.http.authentication import refused
from backchannel.http.docs.config import Docs
from backchannel.http.errors import Render, refusal
from backchannel.transports.engineio.endpoint import EngineIoSettings
from backchannel.transports.engineio.relay import Relay
from backchannel.transports.websocket.endpoint import (
    Accepted,
    Endpoint,
    Refused,
    UpgradeRequest,
)


@dataclass(frozen=True)
class Endpoints:
    """All endpoints, HTTP and WebSocket."""

    http: Sequence[Router | ASGIRouteHandler]
    websockets: Mapping[str, Endpoint]
    drain: Callable[[], None]
    """Ends polling sessions when the process stops; the server closes WebSockets itself."""


def mount_dialects(
    connections: ConnectionManager,
    *,
    engine: EngineIoSettings | None = None,
    origins: Sequence[str] = (),
) -> Endpoints:
    """The endpoints of every dialect. `engine` limits Socket.IO; pages from `origins` may poll."""
    engine = engine or EngineIoSettings()
    relay = _relay(connections.core, engine)
    server = socket_io(
        connections, SOCKETIO_DIALECTS, settings=engine, origins=origins, relay=relay
    )
    return Endpoints(
        http=[
            *native_http.routes(),
            plain_accounts_http.routes(),
            chat_socket_http.routes(),
            event_socket_http.routes(),
            echo_sessions_http.routes(),
            queued_messages_http.routes(),
            user_rooms_http.routes(),
            socketio_http.mount(server),
            web_client_http.routes(),
        ],
        websockets={
            **native_socket.endpoints(connections),
            **chat_socket.endpoints(connections),
            **event_socket.endpoints(connections),
            **socketio_endpoints(server),
        },
        drain=server.drain,
    )


def paced(endpoint: Endpoint, pace: Pace) -> Endpoint:
    """An endpoint whose handshakes wait for their turn, as requests do."""

    async def in_turn(request: UpgradeRequest) -> Accepted | Refused:
        try:
            await pace.turn_of_address(request.client[0])
        except Overloaded as error:
            return refused(refusal(error))
        return await endpoint(request)

    return in_turn


def _relay(core: Core, engine: EngineIoSettings) -> Relay | None:
    """The relay to polling sessions at other nodes, if there can be other nodes."""
    if not core.bus.shared:
        return None
    # A poll is answered by the next ping at the latest.
    timeout = engine.ping_interval + engine.ping_timeout
    return Relay(core.bus, core.nodes, timeout=timeout)


SOCKETIO_DIALECTS: Sequence[Dialect] = (QueuedMessages(), UserRooms(), EchoSessions())
"""The dialects of the one Socket.IO endpoint: the first that claims an event gets it."""

ERRORS: Mapping[str, Render] = {
    native_http.PREFIX: problem,
    native_http.PREFIX + native_uploads.PATH: native_uploads.tus_problem,
    **dict.fromkeys(echo_sessions_http.PREFIXES, render_echo_sessions),
    **dict.fromkeys(queued_messages_http.PREFIXES, render_queued_messages),
    **dict.fromkeys(user_rooms_http.PREFIXES, render_user_rooms),
}
"""The error format for requests that no route takes, by the beginning of the path."""


def documentation(version: str) -> Docs:
    """The pages served below `/docs`."""
    socket = msgspec.json.encode(native_asyncapi.document(version))
    compatible = {
        **plain_accounts_http.TAGS,
        **chat_socket_http.TAGS,
        **event_socket_http.TAGS,
        **queued_messages_http.TAGS,
        **user_rooms_http.TAGS,
        **echo_sessions_http.TAGS,
    }
    groups = {
        "Native API": native_http.TAGS,
        "Compatible APIs": compatible,
        "Operation": monitoring.TAGS,
    }
    return Docs(version, documents={"asyncapi.json": socket}, groups=groups)


OVERRIDABLE = (native_http.PREFIX + native_uploads.PATH,)
"""The paths that accept `X-HTTP-Method-Override`, as tus requires."""


def discovery(*, max_size: int) -> Mapping[str, Sequence[tuple[str, str]]]:
    """The headers of answers to OPTIONS, by path; `max_size` is the largest file, in bytes."""
    return dict.fromkeys(OVERRIDABLE, tus.discovery(max_size))
