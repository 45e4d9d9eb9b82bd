"""A single client in a single namespace."""

from typing import Any, Protocol

from backchannel.transports.engineio.endpoint import Session
from backchannel.transports.socketio import packets
from backchannel.transports.socketio.decoder import RESERVED
from backchannel.transports.socketio.endpoint import Ack, Handler
from backchannel.transports.socketio.packets import Packet, has_binary
from backchannel.transports.websocket.close import NORMAL
from backchannel.transports.websocket.endpoint import UpgradeRequest


class SocketOwner(Protocol):
    """The client that owns the sockets: they share its connection."""

    @property
    def session(self) -> Session: ...

    @property
    def max_acks(self) -> int: ...

    def leave(self, socket: "NamespaceSocket", reason: str) -> None:
        """Take the socket out of its namespace and notify its handler."""
        ...

    def identify(self, user_id: str) -> None: ...

    def pauses_changed(self) -> None:
        """Pause reading while any socket is paused; otherwise resume it."""
        ...

    def close(self, code: int, reason: str) -> None: ...


class NamespaceSocket:
    """The `endpoint.Socket` that handlers see."""

    __slots__ = (
        "_acks",
        "_connected",
        "_connection",
        "_handler",
        "_next_ack",
        "id",
        "is_paused",
        "namespace",
    )

    _handler: Handler

    def __init__(self, sid: str, namespace: str, connection: SocketOwner, handler: Handler) -> None:
        self.id = sid
        self.namespace = namespace
        self._connection = connection
        self._handler = handler
        self._connected = True
        self._acks: dict[int, Ack] | None = None  # most sockets never ask for one
        self._next_ack = 0
        self.is_paused = False

    @property
    def request(self) -> UpgradeRequest:
        return self._connection.session.request

    @property
    def backlog(self) -> int:
        return self._connection.session.backlog

    # --------------------------------------------------------------------- sending

    def emit(self, event: str, *args: Any, ack: Ack | None = None) -> None:
        if event in RESERVED:
            raise ValueError(f"{event} is an event of the protocol's own")
        if ack is None and not has_binary(args):
            self.send_text(packets.encode_event(event, *args, namespace=self.namespace))
        elif self._connected:
            ack_id = None if ack is None else self._expect(ack)
            self._send(Packet(packets.EVENT, self.namespace, (event, *args), ack_id))

    def send_text(self, payload: bytes) -> None:
        if self._connected:
            self._connection.session.send_text(payload)

    def _send(self, packet: Packet) -> None:
        encoded = packets.encode(packet)
        session = self._connection.session
        session.send_text(encoded.text)
        for attachment in encoded.attachments:
            session.send_binary(attachment)

    def _expect(self, ack: Ack) -> int:
        acks = self._acks = self._acks or {}
        if len(acks) >= self._connection.max_acks:
            del acks[next(iter(acks))]
        ack_id = self._next_ack
        self._next_ack += 1
        acks[ack_id] = ack
        return ack_id

    def acknowledge(self, ack_id: int, args: tuple[Any, ...]) -> None:
        """Answer an event of the client's."""
        if self._connected:
            self._send(Packet(packets.ACK, self.namespace, args, ack_id))

    def identify(self, user_id: str) -> None:
        if self._connected:
            self._connection.identify(user_id)

    def pause_reading(self) -> None:
        self._set_paused(paused=True)

    def resume_reading(self) -> None:
        self._set_paused(paused=False)

    def _set_paused(self, *, paused: bool) -> None:
        self.is_paused = paused
        self._connection.pauses_changed()

    def disconnect(self) -> None:
        if self._connected:
            self._send(Packet(packets.DISCONNECT, self.namespace))
            self._connection.leave(self, "server namespace disconnect")

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        if self._connected:
            self._connection.close(code, reason)

    # ------------------------------------------------------------------- receiving

    def opened(self) -> None:
        self._handler.opened(self)

    def event_received(self, packet: Packet) -> None:
        """Pass an event on; its answer goes back with the same id."""
        ack = None if packet.id is None else _Answer(self, packet.id)
        self._handler.event_received(packet.data[0], packet.data[1:], ack)

    def ack_received(self, packet: Packet) -> None:
        """Call the callback that waits for this answer, if there still is one."""
        if self._acks and packet.id is not None:
            ack = self._acks.pop(packet.id, None)
            if ack is not None:
                ack(*packet.data)

    def flushed(self) -> None:
        self._handler.flushed()

    def detach(self, reason: str) -> None:
        """Drop packets sent from now on, and notify the handler."""
        self._connected = False
        self._acks = None
        handler = self._handler
        del self._handler  # no reference cycle is left for the garbage collector
        handler.closed(reason)


class _Answer:
    """Answers one event, once."""

    __slots__ = ("_ack_id", "_socket")

    def __init__(self, socket: NamespaceSocket, ack_id: int) -> None:
        self._socket: NamespaceSocket | None = socket
        self._ack_id = ack_id

    def __call__(self, *args: Any) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.acknowledge(self._ack_id, args)
