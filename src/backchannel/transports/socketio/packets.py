"""Packets (Socket.IO 5, "Exchange protocol") and how they are written ("Packet encoding")."""

from functools import cache
from typing import Any, Final

import msgspec

from backchannel.transports.socketio import attachments

CONNECT: Final = 0
DISCONNECT: Final = 1
EVENT: Final = 2
ACK: Final = 3
CONNECT_ERROR: Final = 4
BINARY_EVENT: Final = 5
BINARY_ACK: Final = 6

MAIN: Final = "/"
"""The main namespace, which goes without saying."""

_json = msgspec.json.Encoder()
_BINARY: Final = {EVENT: BINARY_EVENT, ACK: BINARY_ACK}


class Packet(msgspec.Struct, frozen=True):
    """A packet with its attachments in place, so an event is an EVENT, binary or not."""

    type: int
    namespace: str = MAIN
    data: Any = None
    id: int | None = None


class Encoded(msgspec.Struct, frozen=True):
    """A packet as it travels: a text message, then one binary message for each attachment."""

    text: bytes
    attachments: tuple[bytes, ...] = ()


def encode(packet: Packet) -> Encoded:
    """Return `packet` as it travels; bytes in an event's or ack's data become attachments."""
    kind, data = packet.type, packet.data
    if kind not in _BINARY or not attachments.has_binary(data):
        payload = b"" if data is None else _json.encode(data)
        return Encoded(_head(kind, packet.namespace, packet.id) + payload)
    data, extracted = attachments.extract(data)
    head = _head(f"{_BINARY[kind]}{len(extracted)}-", packet.namespace, packet.id)
    return Encoded(head + _json.encode(data), tuple(extracted))


def encode_event(name: str, *args: Any, namespace: str = MAIN) -> bytes:
    """Return an event for `Socket.send_text`, encoded once for any number of sockets.

    `args` must hold no bytes: attachments need `Socket.emit`.
    """
    return _event_head(namespace) + _json.encode((name, *args))


@cache
def _event_head(namespace: str) -> bytes:
    return _head(EVENT, namespace)  # there are few namespaces and many events


def _head(kind: int | str, namespace: str, ack_id: int | None = None) -> bytes:
    place = "" if namespace == MAIN else namespace + ","
    number = "" if ack_id is None else ack_id
    return f"{kind}{place}{number}".encode()
