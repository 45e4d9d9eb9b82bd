"""A WebSocket as a session's transport ("WebSocket"): each packet is one message."""

from backchannel.transports.engineio.packets import Packet, as_text
from backchannel.transports.engineio.session import Session
from backchannel.transports.websocket.close import TRY_AGAIN_LATER
from backchannel.transports.websocket.endpoint import Socket


class WebSocketTransport:
    """The handler of one WebSocket, which carries its session or is a candidate for that."""

    __slots__ = ("_base64", "_session", "_socket")

    _session: Session
    _socket: Socket

    def __init__(self, *, base64: bool) -> None:
        self._base64 = base64

    def carry(self, session: Session) -> None:
        """Say which session this is for; done before the socket opens."""
        self._session = session

    # ---------------------------------------------- what happens on the socket

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
        del self._session  # no circle is left for the garbage collector
        if session.transport is self:
            session.lost()
        else:
            session.probe_failed(self)

    # ------------------------------------------------ what the session asks for

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
