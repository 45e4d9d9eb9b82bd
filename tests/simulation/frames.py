"""The client's side of RFC 6455, as far as a correct client needs it."""

from collections.abc import Iterator

from backchannel.transports.websocket.frames import CLOSE, TEXT

__all__ = ["CLOSE", "TEXT", "Reader", "masked", "upgrade"]

_FIN = 0x80
_MASKED = 0x80
_NO_MASK = bytes(4)
"""A mask that changes nothing is a mask (section 5.3); the simulation has no proxies to confuse."""


def upgrade(path: str, token: str | None) -> bytes:
    """The opening handshake."""
    login = f"Authorization: Bearer {token}\r\n" if token else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: chat.example\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{login}\r\n"
    ).encode()


def masked(opcode: int, payload: bytes) -> bytes:
    """One whole frame from a client."""
    size = len(payload)
    if size < 126:
        head = bytes((_FIN | opcode, _MASKED | size))
    else:
        head = bytes((_FIN | opcode, _MASKED | 126)) + size.to_bytes(2)
    return head + _NO_MASK + payload


class Reader:
    """Cuts what arrives into the answer to the upgrade and the frames after it."""

    def __init__(self) -> None:
        self._data = bytearray()
        self.status = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The opcode and payload of each frame that is complete now."""
        self._data += data
        if not self.status and not self._read_status():
            return
        while (frame := self._next()) is not None:
            yield frame

    def _read_status(self) -> bool:
        head, separator, rest = bytes(self._data).partition(b"\r\n\r\n")
        if separator:
            self.status = int(head.split(b" ", 2)[1])
            self._data = bytearray(rest)
        return bool(separator)

    def _next(self) -> tuple[int, bytes] | None:
        data = self._data
        if len(data) < 2:
            return None
        start, size = 2, data[1]
        if size > 125:
            start = 4 if size == 126 else 10
            if len(data) < start:
                return None
            size = int.from_bytes(data[2:start])
        if len(data) < start + size:
            return None
        payload = bytes(data[start : start + size])
        opcode = data[0] & 0x0F
        del data[: start + size]
        return opcode, payload
