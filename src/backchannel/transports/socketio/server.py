"""A Socket.IO server: namespaces, and the clients that have joined them, on an Engine.IO server."""

import asyncio
import logging
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from backchannel.transports.deadlines import Deadlines
from backchannel.transports.engineio.endpoint import EngineIoSettings, Session
from backchannel.transports.engineio.relay import Relay
from backchannel.transports.engineio.server import EngineIo
from backchannel.transports.http.limits import Network
from backchannel.transports.socketio import packets
from backchannel.transports.socketio.decoder import Decoder
from backchannel.transports.socketio.endpoint import (
    INVALID_NAMESPACE,
    Accepted,
    ConnectRefused,
    ConnectRequest,
    Endpoint,
    SocketIoSettings,
)
from backchannel.transports.socketio.packets import InvalidPacket, Packet
from backchannel.transports.socketio.socket import NamespaceSocket
from backchannel.transports.websocket.close import (
    INTERNAL_ERROR,
    NORMAL,
    POLICY_VIOLATION,
    PROTOCOL_ERROR,
)
from backchannel.transports.websocket.endpoint import UpgradeRequest

logger = logging.getLogger("backchannel.transports.socketio")

_SID_BYTES: Final = 15


class Service:
    """The state that all clients share."""

    __slots__ = ("namespaces", "settings", "unjoined")

    def __init__(self, namespaces: Mapping[str, Endpoint], settings: SocketIoSettings) -> None:
        self.namespaces = namespaces
        self.settings = settings
        self.unjoined = Deadlines(settings.connect_timeout, SocketIoClient.join_timed_out)


class SocketIoClient:
    """The `engineio.endpoint.Handler` of a Socket.IO client."""

    __slots__ = ("_decoder", "_joining", "_service", "_sockets", "session")

    session: Session

    def __init__(self, service: Service) -> None:
        self._service = service
        self._decoder = Decoder(service.settings)
        self._sockets: dict[str, NamespaceSocket] = {}
        self._joining: dict[str, asyncio.Task[None]] = {}

    @property
    def max_acks(self) -> int:
        return self._service.settings.acks

    # -------------------------------------------------------- events of the session

    def opened(self, session: Session) -> None:
        self.session = session
        self._service.unjoined.add(self)

    def text_received(self, payload: bytes) -> None:
        try:
            packet = self._decoder.text(payload)
        except InvalidPacket as invalid:
            self._fail(str(invalid))
            return
        if packet is not None:
            self._dispatch(packet)

    def binary_received(self, payload: bytes) -> None:
        if self in self._service.unjoined:
            self._fail("attachments need a login")  # they are held until the last one comes
            return
        try:
            packet = self._decoder.binary(payload)
        except InvalidPacket as invalid:
            self._fail(str(invalid))
            return
        if packet is not None:
            self._dispatch(packet)

    def flushed(self) -> None:
        for socket in tuple(self._sockets.values()):
            socket.flushed()

    def closed(self, reason: str) -> None:
        self._service.unjoined.discard(self)
        for task in self._joining.values():
            task.cancel()
        sockets, self._sockets = self._sockets, {}
        for socket in sockets.values():
            socket.detach(reason)

    # ----------------------------------------------------------------------- packets

    def _dispatch(self, packet: Packet) -> None:
        socket = self._sockets.get(packet.namespace)
        if socket is None:
            if packet.type != packets.CONNECT or packet.namespace in self._joining:
                self._fail("not connected to that namespace")
            else:
                self._join(packet)
        elif packet.type == packets.EVENT:
            socket.event_received(packet)
        elif packet.type == packets.ACK:
            socket.ack_received(packet)
        elif packet.type == packets.DISCONNECT:
            self.leave(socket, "client namespace disconnect")
        else:
            self._fail("connected to that namespace already")

    def _send(self, packet: Packet) -> None:
        self.session.send_text(packets.encode(packet).text)

    def _fail(self, reason: str) -> None:
        self.session.close(PROTOCOL_ERROR, reason)

    # ------------------------------------------------- "Connection to a namespace"

    def _join(self, packet: Packet) -> None:
        auth: dict[str, Any] = packet.data or {}
        request = ConnectRequest(
            packet.namespace,
            auth,
            self.session.request,
            _text(auth.get("pid")),
            _text(auth.get("offset")),
        )
        endpoint = self._service.namespaces.get(packet.namespace)
        if endpoint is None:
            self._refuse(packet.namespace, INVALID_NAMESPACE)
            return
        task = asyncio.get_running_loop().create_task(self._decide(endpoint, request))
        self._joining[packet.namespace] = task

    async def _decide(self, endpoint: Endpoint, request: ConnectRequest) -> None:
        try:
            decision = await endpoint(request)
        except Exception:
            logger.exception("endpoint failed", extra={"namespace": request.namespace})
            decision = ConnectRefused("Internal error")
        del self._joining[request.namespace]
        if isinstance(decision, ConnectRefused):
            self._refuse(request.namespace, decision)
        else:
            self._accept(request.namespace, decision)

    def _refuse(self, namespace: str, refused: ConnectRefused) -> None:
        data = {"message": refused.message}
        if refused.data is not None:
            data["data"] = refused.data
        self._send(Packet(packets.CONNECT_ERROR, namespace, data))

    def _accept(self, namespace: str, accepted: Accepted) -> None:
        sid = accepted.sid or secrets.token_urlsafe(_SID_BYTES)
        socket = NamespaceSocket(sid, namespace, self, accepted.handler)
        self._sockets[namespace] = socket
        if not accepted.unauthenticated:
            self._service.unjoined.discard(self)
        data = {"sid": sid} if accepted.pid is None else {"sid": sid, "pid": accepted.pid}
        self._send(Packet(packets.CONNECT, namespace, data))
        try:
            socket.opened()
        except Exception:
            logger.exception("handler failed", extra={"namespace": namespace})
            self.close(INTERNAL_ERROR, "internal error")

    def join_timed_out(self) -> None:
        """The client has not joined any namespace, or has not logged in, in time."""
        if self._sockets:
            self.close(POLICY_VIOLATION, "not logged in")
        else:
            self.session.close(NORMAL, "no namespace joined")

    # ---------------------------------------------- "Disconnection from a namespace"

    def leave(self, socket: NamespaceSocket, reason: str) -> None:
        """Take the socket out of its namespace and notify its handler."""
        del self._sockets[socket.namespace]
        if not self._sockets and self not in self._service.unjoined:
            self._service.unjoined.add(self)
        socket.detach(reason)

    def identify(self, user_id: str) -> None:
        """The client has logged in: `connect_timeout` no longer applies to it."""
        self._service.unjoined.discard(self)
        self.session.identify(user_id)

    def pauses_changed(self) -> None:
        """Pause reading while any namespace is paused; otherwise resume it.

        The namespaces of a client share its bytes, so none can be read without the others. They
        have one owner, also if each has a separate login: no other user waits.
        """
        if any(socket.is_paused for socket in self._sockets.values()):
            self.session.pause_reading()
        else:
            self.session.resume_reading()

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Disconnect the client from all namespaces, and close its connection."""
        for namespace in self._sockets:
            self._send(Packet(packets.DISCONNECT, namespace))
        self.session.close(code, reason)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


class SocketIo:
    """Serves Socket.IO 5 at one path, usually `/socket.io/`.

    `namespaces` maps a name, the main one's is "/", to its endpoint. `polling` is the ASGI
    application to mount at the path and `websocket` the endpoint of its upgrades. `origins`
    are the foreign origins that may poll; for upgrades the WebSocket layer has its own. `relay`
    reaches the sessions of other nodes.
    """

    def __init__(
        self,
        namespaces: Mapping[str, Endpoint],
        settings: SocketIoSettings | None = None,
        engine: EngineIoSettings | None = None,
        *,
        origins: Collection[str] = (),
        trusted_proxies: Sequence[Network] = (),
        relay: Relay | None = None,
    ) -> None:
        self._service = Service(namespaces, settings or SocketIoSettings())
        server = EngineIo(
            self._connect, engine, origins=origins, trusted_proxies=trusted_proxies, relay=relay
        )
        self.sessions = server.sessions
        self.polling = server.polling
        self.websocket = server.websocket
        self.drain = server.drain

    def _connect(self, request: UpgradeRequest) -> SocketIoClient:
        del request  # each namespace authenticates for itself
        return SocketIoClient(self._service)
