"""The sending half of an open WebSocket: one write per loop turn, and a bounded backlog."""

import asyncio
from abc import abstractmethod

from backchannel.transports.websocket import frames
from backchannel.transports.websocket.deflate import Deflater
from backchannel.transports.websocket.frames import TEXT, TEXT_HEADERS
from backchannel.transports.websocket.service import Service

_SMALL = len(TEXT_HEADERS)


class Outgoing(asyncio.Protocol):
    """Queues frames and hands them to the transport; `WebSocket` is the other half."""

    __slots__ = (
        "_deflater",
        "_ending",
        "_out",
        "_queued",
        "_reading",
        "_service",
        "_stuck",
        "_transport",
    )

    def __init__(
        self, service: Service, transport: asyncio.Transport, deflater: Deflater | None
    ) -> None:
        self._service = service
        self._transport = transport
        self._deflater = deflater
        self._out: list[bytes] = []
        self._queued = 0  # bytes in _out and, while stuck, those the transport held then
        self._stuck = 0  # bytes the transport could not hand to the kernel; 0: all is well
        self._reading = True
        self._ending: tuple[int, str] | None = None  # the close code and reason, once known
        # write at once and report when stuck; TLS is stuck at its high mark, TCP only above it
        tls = transport.get_extra_info("sslcontext") is not None
        transport.set_write_buffer_limits(high=1 if tls else 0, low=0)

    @abstractmethod
    def _flushed(self) -> None:
        """Called when the kernel has taken everything, while the socket is open."""

    @abstractmethod
    def _abort(self, reason: str) -> None: ...

    @property
    def backlog(self) -> int:
        """Bytes accepted by `send_*` that the kernel has not yet taken."""
        if not self._stuck:
            return self._queued
        return self._queued - self._stuck + self._unsent()

    def send_text(self, payload: bytes) -> None:
        """Queue one text message, UTF-8; dropped once the socket is closing."""
        size = len(payload)
        deflater = self._deflater
        if deflater is not None and size >= deflater.threshold:
            self._queue_compressed(deflater, TEXT, payload)
        elif size < _SMALL:
            self._queue(TEXT_HEADERS[size] + payload)
        else:
            self._queue(frames.header(TEXT, size) + payload)

    def send_binary(self, payload: bytes) -> None:
        """Queue one binary message; dropped once the socket is closing."""
        if self._deflater is not None and len(payload) >= self._deflater.threshold:
            self._queue_compressed(self._deflater, frames.BINARY, payload)
        else:
            self._queue(frames.header(frames.BINARY, len(payload)) + payload)

    def _queue_compressed(self, deflater: Deflater, opcode: int, payload: bytes) -> None:
        if self._ending is None:
            data = deflater.deflate(payload)
            self._queue(frames.header(opcode, len(data), compressed=True) + data)

    def _queue(self, frame: bytes) -> None:
        if self._ending is not None:
            return
        out = self._out
        if not out:
            self._service.turn.schedule(self)
        out.append(frame)
        self._queued = queued = self._queued + len(frame)
        if queued > self._service.limits.unread:
            self._crowded()

    def _crowded(self) -> None:
        """Write before the turn ends, and if that does not help, stop reading or give up."""
        if not self._stuck:
            self._write_out()
        backlog = self.backlog
        limits = self._service.limits
        if backlog > limits.backlog:
            self._abort("too far behind")
        elif backlog > limits.unread and self._reading and not self._transport.is_closing():
            self._reading = False
            self._transport.pause_reading()

    def flush(self) -> None:
        """Hand everything to the transport in one write, unless it is still stuck."""
        if self._stuck or (self._out and not self._write_out()):
            return
        if self._ending is None:
            self._flushed()

    def _write_out(self) -> bool:
        """Write the queued frames; return True if the kernel took them all."""
        data = b"".join(self._out)
        self._out.clear()
        self._queued = self._stuck
        if self._transport.is_closing():
            return False
        self._transport.write(data)
        return not self._stuck

    def _unsent(self) -> int:
        """Return the bytes that wait in the transport; a closed one may not be asked."""
        return 0 if self._transport.is_closing() else self._transport.get_write_buffer_size()

    def _has_read_on(self) -> bool:
        """True if a stuck peer has taken anything since the last call."""
        unsent = self._unsent()
        progress = self._stuck - unsent
        if progress <= 0:
            return False
        self._queued -= progress
        self._stuck = unsent
        return True

    def pause_writing(self) -> None:
        """The transport could not hand everything to the kernel."""
        self._stuck = max(1, self._transport.get_write_buffer_size())
        self._queued += self._stuck

    def resume_writing(self) -> None:
        """The kernel has taken everything the transport held."""
        self._queued -= self._stuck
        self._stuck = 0
        if not self._reading and not self._transport.is_closing():
            self._reading = True
            self._transport.resume_reading()
        self.flush()
