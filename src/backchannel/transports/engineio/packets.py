"""Packets (Engine.IO 4, "Packet encoding"): a type and, for most types, data.

A text packet is kept as it travels in a WebSocket message: its type's digit, then the data.
A binary message has no type on the wire, so it is a type of its own here.
"""

from typing import Final

import msgspec

OPEN: Final = b"0"
CLOSE: Final = b"1"
PING: Final = b"2"
PONG: Final = b"3"
MESSAGE: Final = b"4"
UPGRADE: Final = b"5"
NOOP: Final = b"6"

TYPES: Final = frozenset({OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP})

PROBE: Final = PING + b"probe"
PROBED: Final = PONG + b"probe"


class Binary(msgspec.Struct, frozen=True, gc=False):
    """A binary message."""

    payload: bytes


Packet = bytes | Binary


def size(packet: Packet) -> int:
    """Return how many bytes `packet` counts for in a backlog."""
    return len(packet) if isinstance(packet, bytes) else len(packet.payload)


class Handshake(msgspec.Struct, frozen=True, rename="camel"):
    """What the open packet tells the client ("Handshake"); times are milliseconds."""

    sid: str
    upgrades: tuple[str, ...]
    ping_interval: int
    ping_timeout: int
    max_payload: int

    def encode(self) -> bytes:
        """Return the open packet."""
        return OPEN + msgspec.json.encode(self)
