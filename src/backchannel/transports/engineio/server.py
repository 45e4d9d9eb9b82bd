"""An Engine.IO server: one session table behind an ASGI application and a WebSocket endpoint."""

from collections.abc import Collection, Sequence

from backchannel.transports.engineio import requests
from backchannel.transports.engineio.app import PollingApp
from backchannel.transports.engineio.endpoint import Endpoint, EngineIoSettings
from backchannel.transports.engineio.packets import Packet, as_text
from backchannel.transports.engineio.relay import Relay
from backchannel.transports.engineio.requests import Rejected
from backchannel.transports.engineio.session import EngineIoSession
from backchannel.transports.engineio.sessions import Sessions
from backchannel.transports.http.limits import Network
from backchannel.transports.websocket.close import TRY_AGAIN_LATER
from backchannel.transports.websocket.endpoint import Accepted, Refused, Socket, UpgradeRequest


class WebSocketTransport:
    """The handler of one WebSocket, which carries its session or is a candidate for that."""

    __slots__ = ("_base64", "_session", "_socket")

    _session: EngineIoSession
    _socket: Socket

    def __init__(self, *, base64: bool) -> None:
        self._base64 = base64

    def carry(self, session: EngineIoSession) -> None:
        """Set the session that this socket is for, before it opens."""
        self._session = session

    # ---------------------------------------------------- events of the socket

    def opened(self, socket: Socket) -> None:
        self._socket = socket
        if self._session.transport is not self:
            self._session.probe_opened(self)
        elif not self._session.start():
            socket.close(TRY_AGAIN_LATER, "too many sessions")

    def text_received(self, payload: bytes) -> None:
        if self._session.transport is self:
            self._session.text_received(payload)
        else:
            self._session.probe_received(self, payload)

    def binary_received(self, payload: bytes) -> None:
        if self._session.transport is self:
            self._session.binary_received(payload)
        else:
            self._session.probe_failed(self)

    def flushed(self) -> None:
        if self._session.transport is self:
            self._session.flushed()

    def closed(self, code: int, reason: str) -> None:
        del code, reason
        session = self._session
        del self._session  # no reference cycle is left for the garbage collector
        if session.transport is self:
            session.lost()
        else:
            session.probe_failed(self)

    # ----------------------------------------------------- calls by the session

    @property
    def backlog(self) -> int:
        return self._socket.backlog

    def send(self, packet: Packet) -> bool:
        """Send `packet`; always True, as the socket keeps its own limit."""
        if isinstance(packet, bytes):
            self._socket.send_text(packet)
        elif self._base64:
            self._socket.send_text(as_text(packet))
        else:
            self._socket.send_binary(packet.payload)
        return True

    def identify(self, user_id: str) -> None:
        self._socket.identify(user_id)

    def pause_reading(self) -> None:
        self._socket.pause_reading()

    def resume_reading(self) -> None:
        self._socket.resume_reading()

    def close(self, code: int, reason: str) -> None:
        self._socket.close(code, reason)


class EngineIo:
    """Serves Engine.IO 4 at one path.

    `polling` is the ASGI application to mount there; `websocket` is the endpoint of its
    upgrades, whose Origin the WebSocket layer checks. `origins` are the foreign origins that
    may poll. `relay` reaches the sessions of other nodes.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        settings: EngineIoSettings | None = None,
        *,
        origins: Collection[str] = (),
        trusted_proxies: Sequence[Network] = (),
        relay: Relay | None = None,
    ) -> None:
        name = relay.session_id if relay is not None else str
        self.sessions = Sessions(endpoint, settings or EngineIoSettings(), name)
        self.polling = PollingApp(self.sessions, origins, trusted_proxies, relay)
        self._relay = relay

    def drain(self) -> None:
        """End all sessions, and the polls of others, because the process ends (rule R12)."""
        self.sessions.drain()
        if self._relay is not None:
            self._relay.drain()

    async def websocket(self, request: UpgradeRequest) -> Accepted | Refused:
        """Open a session ("Handshake"), or let a WebSocket try to take one over ("Upgrade")."""
        try:
            return Accepted(self._transport(request))
        except Rejected as rejected:
            problem = rejected.problem
            headers = (("content-type", "application/json"),)
            return Refused(problem.status, problem.body(), headers)

    def _transport(self, request: UpgradeRequest) -> WebSocketTransport:
        query = requests.parse(request.query)
        if query.transport not in requests.TRANSPORTS:
            raise Rejected(requests.UNKNOWN_TRANSPORT)
        if query.transport != requests.WEBSOCKET:
            raise Rejected(requests.BAD_REQUEST)
        transport = WebSocketTransport(base64=query.base64)
        if query.sid:
            transport.carry(requests.find(self.sessions, query.sid))
        else:
            requests.check_revision(query)
            transport.carry(self.sessions.new(request, transport))
        return transport
