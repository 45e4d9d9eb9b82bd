"""The Socket.IO server: one namespace, with every dialect in it."""

from collections.abc import Collection, Mapping, Sequence

from backchannel.delivery.switchboard import Switchboard
from backchannel.dialects.socketio import endpoint
from backchannel.dialects.socketio.dialect import Dialect
from backchannel.transports.engineio.settings import Settings
from backchannel.transports.socketio.packets import MAIN
from backchannel.transports.socketio.server import SocketIo
from backchannel.transports.socketio.settings import Settings as SocketIoSettings
from backchannel.transports.websocket.endpoint import Endpoint

PATHS = ("/socket.io/", "/socket.io")
"""The paths of its WebSockets; some clients leave out the slash."""


def socket_io(
    desk: Switchboard,
    dialects: Sequence[Dialect],
    *,
    settings: Settings | None = None,
    origins: Collection[str] = (),
) -> SocketIo:
    """The server for these dialects; the first one that claims an event gets it.

    The edge in front of it has found out who the client is, so it trusts no proxy itself.
    """
    namespaces = {MAIN: endpoint.endpoint(desk, dialects)}
    rules = SocketIoSettings(connect_timeout=desk.core.policy.login_deadline)
    return SocketIo(namespaces, rules, engine=settings, origins=origins)


def endpoints(server: SocketIo) -> Mapping[str, Endpoint]:
    """The WebSockets of the server, by path."""
    return dict.fromkeys(PATHS, server.websocket)
