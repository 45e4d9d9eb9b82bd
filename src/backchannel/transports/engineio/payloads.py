"""Payloads: several packets in one HTTP body ("Packet encoding", "HTTP long-polling")."""

from collections.abc import Iterable
from typing import Final

from backchannel.transports.engineio.packets import (
    BASE64,
    TYPES,
    Binary,
    Packet,
    as_text,
    binary_from_text,
)

SEPARATOR: Final = b"\x1e"


class InvalidPayload(ValueError):
    """A body that holds something else than packets."""


def encode(packets: Iterable[Packet]) -> bytes:
    """Return `packets` as one body. Binary is base64, everything else is unchanged."""
    return SEPARATOR.join(as_text(packet) for packet in packets)


def decode(payload: bytes) -> list[Packet]:
    """Return the packets in a body. Raises InvalidPayload."""
    try:
        payload.decode()
    except UnicodeDecodeError:
        raise InvalidPayload("not UTF-8") from None
    return [_decode_packet(packet) for packet in payload.split(SEPARATOR)]


def _decode_packet(packet: bytes) -> Packet:
    kind = packet[:1]
    if kind == BASE64:
        try:
            return Binary(binary_from_text(packet))
        except ValueError as error:
            raise InvalidPayload(str(error)) from None
    if kind not in TYPES:
        raise InvalidPayload("unknown packet type")
    return packet
