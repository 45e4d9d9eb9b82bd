"""The Socket.IO server: one namespace, `/`, for the clients of every dialect.

A token may be in the handshake's `auth`, in the headers or in the query. Without a token, a
client may connect if one of the dialects logs in with an event; until it has done so it gets
only errors, and at the deadline it is disconnected. A client with an empty token gets `error`, one
with an invalid token `Authentication error`.

A client that recovers replaces its old socket, which may be dead without the server having
noticed yet.
"""

from collections.abc import Collection, Mapping, Sequence
from weakref import WeakValueDictionary

from backchannel.chat import sync
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.dialects.socketio.dialect import Dialect
from backchannel.dialects.socketio.handler import AuthenticatedStart, SocketIoHandler
from backchannel.dialects.socketio.serializer import resume_point
from backchannel.domain.errors import ChatError, Unauthenticated
from backchannel.http.authentication import find_token, identify
from backchannel.transports.engineio.endpoint import EngineIoSettings
from backchannel.transports.engineio.relay import Relay
from backchannel.transports.socketio.endpoint import (
    Accepted,
    ConnectRefused,
    ConnectRequest,
    Endpoint,
    SocketIoSettings,
)
from backchannel.transports.socketio.packets import MAIN
from backchannel.transports.socketio.server import SocketIo
from backchannel.transports.websocket.endpoint import Endpoint as WebSocketEndpoint

NO_LOGIN = "error"
INVALID_LOGIN = "Authentication error"
"""The messages of `connect_error` for a handshake without a token, and with an invalid one."""
_TOKEN_HEADERS = frozenset({"authorization", "access_token"})

PATHS = ("/socket.io/", "/socket.io")
"""The paths of its WebSockets; some clients leave out the slash."""


def main_namespace(connections: ConnectionManager, dialects: Sequence[Dialect]) -> Endpoint:
    """The namespace `/`, which accepts clients or refuses them."""
    accepts_unauthenticated = any(dialect.accepts_unauthenticated for dialect in dialects)
    handlers: WeakValueDictionary[str, SocketIoHandler] = WeakValueDictionary()

    async def accept(request: ConnectRequest) -> Accepted | ConnectRefused:
        token = _token(request)
        if not token:
            if token is None and accepts_unauthenticated:
                return Accepted(SocketIoHandler(connections, dialects, None), unauthenticated=True)
            return ConnectRefused(NO_LOGIN, {"code": Unauthenticated.code})
        try:
            identity = await identify(connections.core, token)
            state = await sync.log_state(connections.core, identity.user_id)
            start = resume_point(identity.user_id, request, state)
            if start.recovered and (before := handlers.pop(start.pid, None)) is not None:
                before.close_superseded()
            connections.admit(identity.user_id)
        except ChatError as error:
            text = INVALID_LOGIN if isinstance(error, Unauthenticated) else error.text
            return ConnectRefused(text, {"code": error.code, "message": error.text})
        handler = handlers[start.pid] = SocketIoHandler(
            connections, dialects, AuthenticatedStart(identity, start)
        )
        return Accepted(handler, sid=start.sid, pid=start.pid)

    return accept


def _token(request: ConnectRequest) -> str | None:
    """The token of a handshake; empty if a field or header for it is there, and empty."""
    headers, query = request.request.headers, request.request.query
    given = request.auth.get("token")
    if isinstance(given, str) and given:
        return find_token({"authorization": given})
    token = find_token(headers, query)
    if token is None and ("token" in request.auth or not _TOKEN_HEADERS.isdisjoint(headers)):
        return ""
    return token


def socket_io(
    connections: ConnectionManager,
    dialects: Sequence[Dialect],
    *,
    settings: EngineIoSettings | None = None,
    origins: Collection[str] = (),
    relay: Relay | None = None,
) -> SocketIo:
    """The server for these dialects; the first one that claims an event gets it.

    The edge in front of it has determined the client's address, so it trusts no proxy itself.
    With a `relay`, it also takes the polls of sessions that other nodes hold.
    """
    namespaces = {MAIN: main_namespace(connections, dialects)}
    rules = SocketIoSettings(connect_timeout=connections.core.policy.login_deadline)
    engine = settings or EngineIoSettings()
    return SocketIo(namespaces, rules, engine=engine, origins=origins, relay=relay)


def endpoints(server: SocketIo) -> Mapping[str, WebSocketEndpoint]:
    """The WebSockets of the server, by path."""
    return dict.fromkeys(PATHS, server.websocket)
