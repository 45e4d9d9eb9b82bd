"""A session (Engine.IO 4, "Protocol"), without any I/O: packets in, packets out.

Its transport may change while it lives. Whatever waits for the old transport is handed to the
new one in a single step, so an upgrade loses, repeats and reorders nothing (rule R4).
"""

from enum import Enum
from typing import Final, Protocol

from backchannel.transports.engineio import packets
from backchannel.transports.engineio.endpoint import Handler, Transport
from backchannel.transports.engineio.packets import Binary, Packet
from backchannel.transports.engineio.polling import Polling
from backchannel.transports.websocket.close import INTERNAL_ERROR, NORMAL, PROTOCOL_ERROR
from backchannel.transports.websocket.endpoint import UpgradeRequest


class State(Enum):
    OPEN = "open"
    CLOSING = "closing"
    """The last packets are on their way; incoming ones are dropped."""
    CLOSED = "closed"


_OPEN: Final = State.OPEN


class SessionOwner(Protocol):
    """Owns the sessions and their deadlines; a session calls it."""

    def admit(self, session: "EngineIoSession") -> bytes | None:
        """Take a new session in; returns its open packet, or None when there is no room."""
        ...

    def pong_received(self, session: "EngineIoSession") -> None: ...

    def still_busy(self, session: "EngineIoSession") -> None:
        """It is not being read, so its answer to a ping gets more time."""
        ...

    def probe_opened(self, session: "EngineIoSession") -> None: ...

    def probe_closed(self, session: "EngineIoSession") -> None: ...

    def overflowed(self, session: "EngineIoSession") -> None:
        """Too much is queued: fail the session, but not within the call that sends."""
        ...

    def ended(self, session: "EngineIoSession") -> None: ...


class EngineIoSession:
    """A client's session; the `endpoint.Session` that handlers see."""

    __slots__ = (
        "_candidate",
        "_handler",
        "_owner",
        "_paused",
        "_state",
        "id",
        "request",
        "transport",
        "user_id",
    )

    _handler: Handler

    def __init__(
        self,
        sid: str,
        request: UpgradeRequest,
        transport: Transport,
        handler: Handler,
        owner: SessionOwner,
    ) -> None:
        self.id = sid
        self.request = request
        self.transport = transport
        self._handler = handler
        self._owner = owner
        self._candidate: Transport | None = None
        self._state = State.OPEN
        self._paused = False
        self.user_id: str | None = None

    def start(self) -> bool:
        """Send the open packet ("Handshake"); returns False when there are too many sessions."""
        handshake = self._owner.admit(self)
        if handshake is None:
            self._state = State.CLOSED
            return False
        self.transport.send(handshake)
        self._handler.opened(self)
        return True

    # --------------------------------------------------------- calls by the handler

    @property
    def backlog(self) -> int:
        return self.transport.backlog

    def send_text(self, payload: bytes) -> None:
        self._send(packets.MESSAGE + payload)

    def send_binary(self, payload: bytes) -> None:
        self._send(Binary(payload))

    def _send(self, packet: Packet) -> None:
        if self._state is _OPEN and not self.transport.send(packet):
            self._owner.overflowed(self)

    def identify(self, user_id: str) -> None:
        """The client has logged in: larger messages are taken, also on a later transport."""
        self.user_id = user_id
        self.transport.identify(user_id)

    def pause_reading(self) -> None:
        self._paused = True
        self.transport.pause_reading()

    def resume_reading(self) -> None:
        self._paused = False
        self.transport.resume_reading()

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        if self._state is _OPEN:
            self._state = State.CLOSING
            self.transport.close(code, reason)

    # -------------------------------------------------------- calls by the transport

    def receive(self, packet: Packet) -> None:
        """Take one packet of a payload."""
        if isinstance(packet, bytes):
            self.text_received(packet)
        else:
            self.binary_received(packet.payload)

    def text_received(self, packet: bytes) -> None:
        """Take one text packet; one that a client must not send closes the session."""
        if self._state is not _OPEN:
            return
        kind = packet[:1]
        if kind == packets.MESSAGE:
            self._handler.text_received(packet[1:])
        elif kind == packets.BASE64:
            self._base64_received(packet)
        elif kind == packets.PONG:
            self._owner.pong_received(self)
        elif kind == packets.CLOSE:
            self._close_received()
        elif kind == packets.PING or kind not in packets.TYPES:
            self.fail("parse error")

    def _base64_received(self, packet: bytes) -> None:
        """Take a binary message of a client that sends only text (`forceBase64`)."""
        try:
            payload = packets.binary_from_text(packet)
        except ValueError:
            self.fail("parse error")
        else:
            self._handler.binary_received(payload)

    def binary_received(self, payload: bytes) -> None:
        if self._state is _OPEN:
            self._handler.binary_received(payload)

    def _close_received(self) -> None:
        if isinstance(self.transport, Polling):
            self.transport.release()
        else:
            self.transport.close(NORMAL, "")
        self._end("transport close")

    def answer(self, polling: Polling) -> bytes:
        """Return the answer to the waiting GET; `polling` may have been replaced meanwhile."""
        answer = polling.take()
        if answer == packets.CLOSE and self._state is State.CLOSING:
            self._end("forced close")
        return answer

    def flushed(self) -> None:
        """The client has received everything that was sent."""
        if self._state is not State.CLOSED:
            self._handler.flushed()

    def lost(self) -> None:
        """The transport is gone."""
        if self._state is not State.CLOSED:
            self._end("transport close" if self._state is _OPEN else "forced close")

    def fail(self, reason: str, code: int = PROTOCOL_ERROR) -> None:
        """Close at once and for `reason`, because of the client."""
        if self._state is not State.CLOSED:
            self.transport.close(code, reason)
            self._end(reason)

    def _end(self, reason: str) -> None:
        self._state = State.CLOSED
        self._owner.ended(self)
        self._dismiss()
        handler = self._handler
        del self._handler  # no reference cycle is left for the garbage collector
        handler.closed(reason)

    # ------------------------------------------------------------------- heartbeat

    def ping(self) -> None:
        """Send a ping ("Heartbeat")."""
        if self._state is _OPEN:
            self.transport.send(packets.PING)
        elif self._state is State.CLOSING:
            self._end("forced close")  # the client never fetched the last packets

    def presume_dead(self) -> None:
        """The client has not answered the ping in time."""
        transport = self.transport
        if self._paused or (isinstance(transport, Polling) and transport.posting):
            self._owner.still_busy(self)  # its answer may be behind messages that are not read
        else:
            self.fail("ping timeout", INTERNAL_ERROR)

    # --------------------------------------------------------- upgrade of the transport

    @property
    def upgrading(self) -> bool:
        """True if a WebSocket is about to replace polling."""
        return self._candidate is not None

    def probe_opened(self, candidate: Transport) -> None:
        """A WebSocket asks to carry this session; a second one is refused ("WebSocket")."""
        if (
            self._state is not _OPEN
            or self._candidate is not None
            or not isinstance(self.transport, Polling)
        ):
            candidate.close(NORMAL, "")
            return
        self._candidate = candidate
        self._owner.probe_opened(self)

    def probe_received(self, candidate: Transport, packet: bytes) -> None:
        """Handle a packet from the WebSocket that is to replace polling ("Upgrade")."""
        polling = self.transport
        if candidate is not self._candidate or not isinstance(polling, Polling):
            return
        if packet == packets.PROBE:
            candidate.send(packets.PROBED)
            polling.release()  # the client goes on only after its GET is answered
        elif packet == packets.UPGRADE:
            self._upgrade(polling, candidate)
        else:
            self._dismiss()

    def _upgrade(self, polling: Polling, websocket: Transport) -> None:
        self._candidate = None
        self._owner.probe_closed(self)
        self.transport = websocket
        if self.user_id is not None:
            websocket.identify(self.user_id)
        if self._paused:
            polling.resume_reading()
            websocket.pause_reading()
        queued = polling.drain()
        for packet in queued:
            websocket.send(packet)
        polling.release()
        if self._state is State.CLOSING:
            websocket.close(NORMAL, "")
        elif not queued:
            self.flushed()  # it has read the polled packets, otherwise it would poll again

    def probe_failed(self, candidate: Transport) -> None:
        """The WebSocket is gone, or broke the protocol; polling goes on."""
        if candidate is self._candidate:
            self._dismiss()

    def probe_timed_out(self) -> None:
        self._dismiss()

    def _dismiss(self) -> None:
        candidate, self._candidate = self._candidate, None
        if candidate is not None:
            self._owner.probe_closed(self)
            candidate.close(NORMAL, "")
