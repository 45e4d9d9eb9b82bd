"""permessage-deflate (RFC 7692): its agreement, and compression with inflation bounded."""

import string
import zlib
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

import msgspec

from backchannel.transports.websocket.close import INVALID_PAYLOAD, TOO_BIG, ConnectionFailed

_TAIL = b"\x00\x00\xff\xff"  # ends every message's deflate data and is not sent (7.2.1)

NAME: Final = "permessage-deflate"

_TOKEN_CHARACTERS: Final = frozenset("!#$%&'*+-.^_`|~" + string.digits + string.ascii_letters)
_FLAGS: Final = frozenset({"server_no_context_takeover", "client_no_context_takeover"})
_WINDOWS: Final = frozenset({"server_max_window_bits", "client_max_window_bits"})
_WINDOW_BITS: Final = frozenset(map(str, range(8, 16)))


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
        # a full flush forgets the window, so that each message is independent
        forgets = agreement.server_no_context_takeover
        self._flush = zlib.Z_FULL_FLUSH if forgets else zlib.Z_SYNC_FLUSH

    def deflate(self, payload: bytes) -> bytes:
        data = self._stream.compress(payload) + self._stream.flush(self._flush)
        return data[: -len(_TAIL)]


class Offer(NamedTuple):
    """An extension that a client offers; a parameter without a value has None."""

    name: str
    parameters: tuple[tuple[str, str | None], ...]


def parse_offers(field: str) -> list[Offer]:
    """Parse a Sec-WebSocket-Extensions field; raises ValueError when it is malformed.

    Values are tokens, quoted or not (9.1), so no separator can hide in a quoted one.
    """
    offers: list[Offer] = []
    for element in field.split(","):
        name, *parameters = element.split(";")
        offers.append(Offer(_token(name), tuple(map(_parameter, parameters))))
    return offers


def _parameter(text: str) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    if not equals:
        return _token(name), None
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    return _token(name), _token(value)


def _token(text: str) -> str:
    token = text.strip()
    if not token or not _TOKEN_CHARACTERS.issuperset(token):
        raise ValueError("malformed Sec-WebSocket-Extensions")
    return token


class Extension(NamedTuple):
    """permessage-deflate as agreed on one connection."""

    response: str
    """The value of the Sec-WebSocket-Extensions response header."""
    inflater: Inflater
    deflater: Deflater


class Compression:
    """A server's side of permessage-deflate on all its connections."""

    __slots__ = ("_config", "_deflaters")

    def __init__(self, config: Deflate) -> None:
        self._config = config
        self._deflaters: dict[int, Deflater] = {}

    def negotiate(self, field: str) -> Extension | None:
        """Accept the first offer that will do; None when none will.

        `field` is the request's Sec-WebSocket-Extensions; raises ValueError when malformed.
        """
        for offer in parse_offers(field):
            if offer.name == NAME and (wishes := _read(offer)) is not None:
                agreement = _agree(wishes, self._config)
                response = _response(agreement, wishes)
                return Extension(response, Inflater(agreement), self._deflater(agreement))
        return None

    def _deflater(self, agreement: Agreement) -> Deflater:
        """Return a new deflater, or the shared one if no context is kept."""
        if not agreement.server_no_context_takeover:
            return Deflater(agreement, self._config)
        bits = agreement.server_max_window_bits
        if bits not in self._deflaters:
            self._deflaters[bits] = Deflater(agreement, self._config)
        return self._deflaters[bits]


def _read(offer: Offer) -> Mapping[str, int] | None:
    """Return a valid offer's parameters as numbers (a flag is 1), else None: declined (7.1)."""
    wishes: dict[str, int] = {}
    for name, value in offer.parameters:
        if name in wishes:
            return None
        if name in _FLAGS and value is None:
            wishes[name] = 1
        elif name == "client_max_window_bits" and value is None:
            wishes[name] = 15
        elif name in _WINDOWS and value is not None and value in _WINDOW_BITS:
            wishes[name] = int(value)
        else:
            return None
    # zlib cannot deflate with a window of 256 bytes
    return None if wishes.get("server_max_window_bits") == 8 else wishes


def _agree(wishes: Mapping[str, int], config: Deflate) -> Agreement:
    return Agreement(
        server_no_context_takeover=(
            not config.server_context_takeover or "server_no_context_takeover" in wishes
        ),
        client_no_context_takeover=(
            not config.client_context_takeover or "client_no_context_takeover" in wishes
        ),
        server_max_window_bits=min(
            config.server_max_window_bits, wishes.get("server_max_window_bits", 15)
        ),
        # a client that does not name the parameter would not understand it (7.1.2.2)
        client_max_window_bits=(
            min(config.client_max_window_bits, wishes["client_max_window_bits"])
            if "client_max_window_bits" in wishes
            else 15
        ),
    )


def _response(agreement: Agreement, wishes: Mapping[str, int]) -> str:
    parts = [NAME]
    if agreement.server_no_context_takeover:
        parts.append("server_no_context_takeover")
    if agreement.client_no_context_takeover:
        parts.append("client_no_context_takeover")
    if "server_max_window_bits" in wishes or agreement.server_max_window_bits < 15:
        parts.append(f"server_max_window_bits={agreement.server_max_window_bits}")
    if "client_max_window_bits" in wishes and agreement.client_max_window_bits < 15:
        parts.append(f"client_max_window_bits={agreement.client_max_window_bits}")
    return "; ".join(parts)
