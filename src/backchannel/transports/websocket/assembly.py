"""A message that arrives in parts: fragments, compressed, or a frame cut by the network."""

import codecs

from backchannel.transports.websocket.close import INVALID_PAYLOAD, TOO_BIG, ConnectionFailed
from backchannel.transports.websocket.deflate import Inflater
from backchannel.transports.websocket.endpoint import Limits
from backchannel.transports.websocket.frames import TEXT

_Utf8 = codecs.getincrementaldecoder("utf-8")


def check_utf8(payload: bytes) -> None:
    """Raise ConnectionFailed with 1007 unless `payload` is UTF-8."""
    try:
        payload.decode()
    except UnicodeDecodeError:
        raise ConnectionFailed(INVALID_PAYLOAD, "text is not UTF-8") from None


class Assembly:
    """Joins the payload of one data message and validates it as early as possible.

    An `inflater` is given for a compressed message only.
    """

    __slots__ = (
        "_data",
        "_frames",
        "_inflater",
        "_largest",
        "_limits",
        "_promised",
        "_utf8",
        "opcode",
    )

    def __init__(
        self, opcode: int, limits: Limits, inflater: Inflater | None, *, largest: int
    ) -> None:
        """`largest` is the size limit of the message, before and after inflation."""
        self.opcode = opcode
        self._limits = limits
        self._largest = largest
        self._inflater = inflater
        self._data = bytearray()
        self._frames = 0
        self._promised = 0
        # compressed text can be validated only when it has been inflated
        self._utf8 = _Utf8() if opcode == TEXT and inflater is None else None

    def __len__(self) -> int:
        """The bytes of payload that have come."""
        return len(self._data)

    def expect(self, length: int) -> None:
        """Announce one more frame of `length` bytes; 1009 when that goes past a limit."""
        self._frames += 1
        self._promised += length
        limits = self._limits
        if length > limits.frame or self._promised > self._largest:
            raise ConnectionFailed(TOO_BIG, "message too big")
        if self._frames > limits.fragments:
            raise ConnectionFailed(TOO_BIG, "too many fragments")

    def add(self, part: bytes, *, last: bool = False) -> None:
        """Append unmasked payload; text fails with 1007 at the first wrong byte."""
        self._data += part
        if self._utf8 is not None:
            try:
                self._utf8.decode(part, last)
            except UnicodeDecodeError:
                raise ConnectionFailed(INVALID_PAYLOAD, "text is not UTF-8") from None

    def payload(self) -> bytes:
        """Return the whole payload, inflated."""
        data = bytes(self._data)
        if self._inflater is not None:
            data = self._inflater.inflate(data, self._largest)
            if self.opcode == TEXT:
                check_utf8(data)
        return data
