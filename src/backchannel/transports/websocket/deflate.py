"""permessage-deflate's compression (RFC 7692, section 7.2), with inflation bounded."""

import zlib
from typing import Protocol

import msgspec

from backchannel.transports.websocket.close import INVALID_PAYLOAD, TOO_BIG, ConnectionFailed

_TAIL = b"\x00\x00\xff\xff"  # ends every message's deflate data and is not sent (7.2.1)


class Deflate(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters that this server requests when a client offers permessage-deflate.

    Without context takeover, the default, a socket holds no compression state at all; with it
    each one costs up to 44 KB for inflating and 100 KB or more for deflating.
    """

    server_context_takeover: bool = False
    client_context_takeover: bool = False
    server_max_window_bits: int = 15
    client_max_window_bits: int = 15
    level: int = 1
    memory_level: int = 8
    threshold: int = 1024
    """Payloads below this many bytes are sent as they are."""

    def __post_init__(self) -> None:
        bits = (self.server_max_window_bits, self.client_max_window_bits)
        if not all(9 <= each <= 15 for each in bits):
            raise ValueError("zlib's windows have 9 to 15 bits")


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters both sides hold to on one connection (7.1)."""

    server_no_context_takeover: bool
    client_no_context_takeover: bool
    server_max_window_bits: int
    client_max_window_bits: int


class _Stream(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Inflater:
    """Decompresses the messages of one client."""

    __slots__ = ("_context", "_keeps_context", "_window_bits")

    def __init__(self, agreement: Agreement) -> None:
        self._window_bits = -agreement.client_max_window_bits
        self._keeps_context = not agreement.client_no_context_takeover
        self._context: _Stream | None = None

    def inflate(self, data: bytes, limit: int) -> bytes:
        """Return the message; stops at `limit` bytes with 1009, however much would follow."""
        stream = self._context or zlib.decompressobj(self._window_bits)
        try:
            payload = stream.decompress(data + _TAIL, limit + 1)
        except zlib.error:
            raise ConnectionFailed(INVALID_PAYLOAD, "invalid deflate data") from None
        if len(payload) > limit:
            raise ConnectionFailed(TOO_BIG, "message too big")
        self._context = stream if self._keeps_context and not stream.eof else None
        return payload


class Deflater:
    """Compresses messages; without context takeover many connections may share one."""

    __slots__ = ("_flush", "_stream", "threshold")

    def __init__(self, agreement: Agreement, config: Deflate) -> None:
        self.threshold = config.threshold
        self._stream = zlib.compressobj(
            config.level,
            zlib.DEFLATED,
            -agreement.server_max_window_bits,
            config.memory_level,
        )
        # a full flush forgets the window, so that each message stands for itself
        forgets = agreement.server_no_context_takeover
        self._flush = zlib.Z_FULL_FLUSH if forgets else zlib.Z_SYNC_FLUSH

    def deflate(self, payload: bytes) -> bytes:
        data = self._stream.compress(payload) + self._stream.flush(self._flush)
        return data[: -len(_TAIL)]
