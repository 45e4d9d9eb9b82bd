"""Payloads: several packets in one HTTP body ("Packet encoding", "HTTP long-polling")."""

import base64
import binascii
from collections.abc import Iterable
from typing import Final

from backchannel.transports.engineio.packets import TYPES, Binary, Packet

SEPARATOR: Final = b"\x1e"
_BINARY: Final = b"b"


class InvalidPayload(ValueError):
    """A body that holds something else than packets."""


def encode(packets: Iterable[Packet]) -> bytes:
    """Return `packets` as one body. Binary is base64, everything else stands as it is."""
    return SEPARATOR.join(
        packet if isinstance(packet, bytes) else _BINARY + base64.b64encode(packet.payload)
        for packet in packets
    )


def decode(payload: bytes) -> list[Packet]:
    """Return the packets in a body. Raises InvalidPayload."""
    try:
        payload.decode()
    except UnicodeDecodeError:
        raise InvalidPayload("not UTF-8") from None
    return [_decode_packet(packet) for packet in payload.split(SEPARATOR)]


def _decode_packet(packet: bytes) -> Packet:
    kind = packet[:1]
    if kind == _BINARY:
        try:
            return Binary(base64.b64decode(packet[1:], validate=True))
        except binascii.Error:
            raise InvalidPayload("not base64") from None
    if kind not in TYPES:
        raise InvalidPayload("unknown packet type")
    return packet
