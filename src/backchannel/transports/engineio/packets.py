"""Packets (Engine.IO 4, "Packet encoding"): a type and, for most types, data.

A text packet is kept as it travels in a WebSocket message: its type's digit, then the data.
A binary message has no type on the wire, so it is a separate type here. Where only text can
travel, it is `b` and base64. A payload is several packets in one HTTP body ("HTTP long-polling").
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

OPEN: Final = b"0"
CLOSE: Final = b"1"
PING: Final = b"2"
PONG: Final = b"3"
MESSAGE: Final = b"4"
UPGRADE: Final = b"5"
NOOP: Final = b"6"
BASE64: Final = b"b"

TURN: Final = 24 << 10
"""The work that is done at once before other clients come first, in bytes of packets."""
PACKET_COST: Final = 256
"""Bytes that a packet counts as beside its own: a small one is work as well."""

TYPES: Final = frozenset({OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP})

_KINDS: Final = TYPES | {BASE64}

PROBE: Final = PING + b"probe"
PROBED: Final = PONG + b"probe"

SEPARATOR: Final = b"\x1e"


class Binary(msgspec.Struct, frozen=True, gc=False):
    """A binary message."""

    payload: bytes


Packet = bytes | Binary


def size(packet: Packet) -> int:
    """Return the number of bytes that `packet` counts for in a backlog."""
    return len(packet) if isinstance(packet, bytes) else len(packet.payload)


def turns(packets: Iterable[Packet]) -> Iterator[Sequence[Packet]]:
    """Return packets in parts, each so small that others need not wait for long."""
    turn: list[Packet] = []
    work = 0
    for packet in packets:
        turn.append(packet)
        work += PACKET_COST + size(packet)
        if work >= TURN:
            yield turn
            turn, work = [], 0
    if turn:
        yield turn


def as_text(packet: Packet) -> bytes:
    """Return `packet` as text."""
    if isinstance(packet, bytes):
        return packet
    return BASE64 + base64.b64encode(packet.payload)


def binary_from_text(packet: bytes) -> bytes:
    """Return the payload of a binary message that came as text. Raises ValueError."""
    try:
        return base64.b64decode(packet.removeprefix(BASE64), validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None


class Handshake(msgspec.Struct, frozen=True, rename="camel"):
    """The content of the open packet ("Handshake"); times are milliseconds."""

    sid: str
    upgrades: tuple[str, ...]
    ping_interval: int
    ping_timeout: int
    max_payload: int

    def encode(self) -> bytes:
        """Return the open packet."""
        return OPEN + msgspec.json.encode(self)


class InvalidPayload(ValueError):
    """A body that contains anything but packets."""


def encode_payload(packets: Iterable[Packet]) -> bytes:
    """Return `packets` as one body. Binary is base64, everything else is unchanged."""
    return SEPARATOR.join(as_text(packet) for packet in packets)


class TooManyPackets(InvalidPayload):
    """A body with more packets than one may have."""


def decode_payload(payload: bytes, most: int) -> Iterator[Packet]:
    """The packets in a body, one after the other: binary ones take more than they did as text.

    Raises InvalidPayload, before the first packet unless it is for a later one's base64;
    TooManyPackets if there are more than `most`.
    """
    if payload.count(SEPARATOR) >= most:
        raise TooManyPackets("too many packets")
    try:
        payload.decode()
    except UnicodeDecodeError:
        raise InvalidPayload("not UTF-8") from None
    packets = payload.split(SEPARATOR)
    if any(packet[:1] not in _KINDS for packet in packets):
        raise InvalidPayload("unknown packet type")
    return map(_decode_packet, packets)


def _decode_packet(packet: bytes) -> Packet:
    if packet[:1] != BASE64:
        return packet
    try:
        return Binary(binary_from_text(packet))
    except ValueError as error:
        raise InvalidPayload(str(error)) from None
