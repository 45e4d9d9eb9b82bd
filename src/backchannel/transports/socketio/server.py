"""A Socket.IO server: namespaces, on an Engine.IO server."""

from collections.abc import Collection, Mapping, Sequence

from backchannel.transports.engineio.server import EngineIo
from backchannel.transports.engineio.settings import Settings as EngineIoSettings
from backchannel.transports.http.caps import Network
from backchannel.transports.socketio.connection import Connection, Service
from backchannel.transports.socketio.endpoint import Endpoint
from backchannel.transports.socketio.settings import Settings
from backchannel.transports.websocket.endpoint import UpgradeRequest


class SocketIo:
    """Serves Socket.IO 5 at one path, usually `/socket.io/`.

    `namespaces` maps a name, the main one's is "/", to what serves it. `polling` is the ASGI
    application to mount at the path and `websocket` the endpoint of its upgrades. `origins`
    are the foreign origins that may poll; for upgrades the WebSocket layer has its own.
    """

    def __init__(
        self,
        namespaces: Mapping[str, Endpoint],
        settings: Settings | None = None,
        engine: EngineIoSettings | None = None,
        *,
        origins: Collection[str] = (),
        trusted_proxies: Sequence[Network] = (),
    ) -> None:
        self._service = Service(namespaces, settings or Settings())
        server = EngineIo(self._connect, engine, origins=origins, trusted_proxies=trusted_proxies)
        self.sessions = server.sessions
        self.polling = server.polling
        self.websocket = server.websocket

    def _connect(self, request: UpgradeRequest) -> Connection:
        del request  # each namespace judges it for itself
        return Connection(self._service)
