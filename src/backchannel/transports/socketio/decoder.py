"""Reading packets (Socket.IO 5, "Format"), as strictly as clients expect."""

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from backchannel.transports.json_values import MOST_VALUES, has_few_values
from backchannel.transports.socketio import packets
from backchannel.transports.socketio.endpoint import SocketIoSettings
from backchannel.transports.socketio.packets import (
    ACK,
    BINARY_ACK,
    BINARY_EVENT,
    CONNECT,
    CONNECT_ERROR,
    DISCONNECT,
    EVENT,
    MAIN,
    InvalidPacket,
    Packet,
)

RESERVED: Final = frozenset(
    {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}
)
"""Names that clients and servers use for their own events."""

_FORMAT: Final = re.compile(
    rb"""(?P<type>[0-6])
    (?:(?P<attachments>[0-9]{1,9})-)?
    (?:(?P<namespace>/[^,]*),?)?
    (?P<id>[0-9]{0,15})          # as many digits as JavaScript's integers have
    (?P<payload>.*)""",
    re.DOTALL | re.VERBOSE,
)
_list = msgspec.json.Decoder(list[Any])
_object = msgspec.json.Decoder(dict[str, Any])
_reason = msgspec.json.Decoder(str | dict[str, Any])


def parse(text: bytes) -> tuple[Packet, int]:
    """Return the packet and the number of attachments that follow it. Raises InvalidPacket."""
    if text.startswith(b'2["'):  # nearly every packet
        return Packet(EVENT, MAIN, _event(text[1:])), 0
    match = _FORMAT.fullmatch(text)
    if match is None:
        raise InvalidPacket("unknown packet type")
    kind = int(match["type"])
    attachments = _attachments(kind, match["attachments"])
    data = _PAYLOADS[kind](match["payload"])
    kind = _WITHOUT_ATTACHMENTS.get(kind, kind)
    ack_id = int(match["id"]) if match["id"] else None
    if ack_id is None and kind == ACK:
        raise InvalidPacket("an ack needs an id")
    namespace = match["namespace"]
    return Packet(kind, namespace.decode() if namespace else MAIN, data, ack_id), attachments


def _attachments(kind: int, count: bytes | None) -> int:
    if (kind in _WITHOUT_ATTACHMENTS) != (count is not None):
        raise InvalidPacket("illegal attachments")
    if count is None:
        return 0
    if int(count) == 0:
        raise InvalidPacket("illegal attachments")
    return int(count)


def _json(decoder: msgspec.json.Decoder[Any], payload: bytes) -> Any:
    if not has_few_values(payload):
        raise InvalidPacket(f"more than {MOST_VALUES:,} JSON values")
    try:
        return decoder.decode(payload)
    except (msgspec.DecodeError, RecursionError):
        raise InvalidPacket("invalid payload") from None


def _connect(payload: bytes) -> Any:
    return _json(_object, payload) if payload else None


def _nothing(payload: bytes) -> None:
    if payload:
        raise InvalidPacket("invalid payload")


def _event(payload: bytes) -> Any:
    data = _json(_list, payload)
    if not data or not isinstance(data[0], str) or data[0] in RESERVED:
        raise InvalidPacket("invalid event name")
    return data


def _ack(payload: bytes) -> Any:
    return _json(_list, payload)


def _connect_error(payload: bytes) -> Any:
    return _json(_reason, payload)


_WITHOUT_ATTACHMENTS: Final = {BINARY_EVENT: EVENT, BINARY_ACK: ACK}
_PAYLOADS: Final[dict[int, Callable[[bytes], Any]]] = {
    CONNECT: _connect,
    DISCONNECT: _nothing,
    EVENT: _event,
    ACK: _ack,
    CONNECT_ERROR: _connect_error,
    BINARY_EVENT: _event,
    BINARY_ACK: _ack,
}


class Decoder:
    """Puts one client's packets together. Its methods raise InvalidPacket."""

    __slots__ = ("_expected", "_incomplete", "_received", "_settings")

    _received: list[bytes]

    def __init__(self, settings: SocketIoSettings) -> None:
        self._settings = settings
        self._incomplete: Packet | None = None
        self._expected = 0

    def text(self, payload: bytes) -> Packet | None:
        """Take a text message; returns the packet unless attachments are to follow."""
        if self._incomplete is not None:
            raise InvalidPacket("text instead of an attachment")
        packet, expected = parse(payload)
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
            raise InvalidPacket("an empty attachment")
        self._received.append(payload)
        if sum(map(len, self._received)) > self._settings.attachments_size:
            raise InvalidPacket("attachments too large")
        if len(self._received) < self._expected:
            return None
        received, self._received, self._incomplete = self._received, [], None
        data = packets.restore(packet.data, received)
        return Packet(packet.type, packet.namespace, data, packet.id)
