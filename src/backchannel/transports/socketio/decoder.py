"""The decoder of messages into packets: a packet with attachments spans several messages."""

from backchannel.transports.socketio import attachments, parser
from backchannel.transports.socketio.invalid import InvalidPacket
from backchannel.transports.socketio.packets import Packet
from backchannel.transports.socketio.settings import Settings


class Decoder:
    """Puts one client's packets together. Its methods raise InvalidPacket."""

    __slots__ = ("_expected", "_incomplete", "_received", "_settings")

    _received: list[bytes]

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._incomplete: Packet | None = None
        self._expected = 0

    def text(self, payload: bytes) -> Packet | None:
        """Take a text message; returns the packet unless attachments are to follow."""
        if self._incomplete is not None:
            raise InvalidPacket("text instead of an attachment")
        packet, expected = parser.parse(payload)
        if not expected:
            return packet
        if expected > self._settings.attachments:
            raise InvalidPacket("too many attachments")
        self._incomplete, self._expected, self._received = packet, expected, []
        return None

    def binary(self, payload: bytes) -> Packet | None:
        """Take a binary message; returns the packet if this is its last attachment."""
        packet = self._incomplete
        if packet is None:
            raise InvalidPacket("an attachment of nothing")
        self._received.append(payload)
        if sum(map(len, self._received)) > self._settings.attachments_size:
            raise InvalidPacket("attachments too large")
        if len(self._received) < self._expected:
            return None
        received, self._received, self._incomplete = self._received, [], None
        data = attachments.restore(packet.data, received)
        return Packet(packet.type, packet.namespace, data, packet.id)
