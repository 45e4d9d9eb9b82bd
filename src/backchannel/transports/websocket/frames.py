"""The base framing protocol (RFC 6455, section 5): headers, written and read, and masks."""

import struct
from typing import Final

from websockets import utils
from websockets.typing import BytesLike

from backchannel.transports.websocket.close import PROTOCOL_ERROR, ConnectionFailed

try:
    from websockets.speedups import apply_mask
except ImportError:

    def apply_mask(data: BytesLike, mask: bytes | bytearray) -> bytes:
        """Return `data` masked, or unmasked, with the four bytes of `mask`."""
        return utils.apply_mask(data, mask)


__all__ = ["apply_mask"]

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

FIN: Final = 0x80
RSV1: Final = 0x40
MASKED: Final = 0x80

_DATA: Final = frozenset({CONTINUATION, TEXT, BINARY})
_CONTROL: Final = frozenset({CLOSE, PING, PONG})
_SHORT: Final = struct.Struct("!BBH")
_LONG: Final = struct.Struct("!BBQ")


def header(opcode: int, size: int, *, compressed: bool = False) -> bytes:
    """Return the header of a server's whole, unmasked frame with a payload of `size` bytes."""
    first = FIN | opcode | (RSV1 if compressed else 0)
    if size < 126:
        return bytes((first, size))
    if size < 1 << 16:
        return _SHORT.pack(first, 126, size)
    return _LONG.pack(first, 127, size)


TEXT_HEADERS: Final = tuple(header(TEXT, size) for size in range(1024))
"""The headers of small text frames, by payload size: looking one up is faster than packing it."""


def encode(opcode: int, payload: bytes = b"") -> bytes:
    """Return one whole, unmasked frame."""
    return header(opcode, len(payload)) + payload


class Frame:
    """An incoming frame whose header has been read; its payload comes in parts."""

    __slots__ = ("compressed", "final", "mask", "missing", "opcode", "payload_at")

    def __init__(self, first: int, length: int, mask: bytes, payload_at: int) -> None:
        self.final = bool(first & FIN)
        self.compressed = bool(first & RSV1)
        self.opcode = first & 0xF
        self.missing = length
        self.mask = mask
        self.payload_at = payload_at

    @property
    def is_control(self) -> bool:
        return self.opcode >= CLOSE

    def advance(self, size: int) -> None:
        """Count `size` payload bytes as read and turn the mask to the next one (5.3)."""
        self.missing -= size
        turn = size & 3
        self.mask = self.mask[turn:] + self.mask[:turn]


def read_header(data: bytes, at: int, *, allow_rsv1: bool) -> Frame | None:
    """Read a client's frame header at `data[at]`; None when it is not all there yet.

    Raises ConnectionFailed for anything section 5.2 or 5.5 forbids.
    """
    if len(data) - at < 2:
        return None
    first, length = data[at], data[at + 1] & 0x7F
    _check_first(first, length, allow_rsv1=allow_rsv1)
    if not data[at + 1] & MASKED:
        raise ConnectionFailed(PROTOCOL_ERROR, "client frames must be masked")
    mask_at = at + 2
    if length > 125:
        width = 2 if length == 126 else 8
        mask_at += width
        if len(data) < mask_at:
            return None
        length = _extended_length(data[at + 2 : mask_at])
    payload_at = mask_at + 4
    if len(data) < payload_at:
        return None
    return Frame(first, length, data[mask_at:payload_at], payload_at)


def _check_first(first: int, length: int, *, allow_rsv1: bool) -> None:
    opcode = first & 0xF
    if opcode in _CONTROL:
        if length > 125 or not first & FIN:
            raise ConnectionFailed(PROTOCOL_ERROR, "control frame too long or fragmented")
    elif opcode not in _DATA:
        raise ConnectionFailed(PROTOCOL_ERROR, "reserved opcode")
    reserved = first & 0x70
    if reserved and not (reserved == RSV1 and allow_rsv1 and opcode in (TEXT, BINARY)):
        raise ConnectionFailed(PROTOCOL_ERROR, "reserved bits must be 0")


def _extended_length(octets: bytes) -> int:
    length = int.from_bytes(octets)
    if length < (126 if len(octets) == 2 else 1 << 16) or length >> 63:
        raise ConnectionFailed(PROTOCOL_ERROR, "payload length is not in its shortest form")
    return length
