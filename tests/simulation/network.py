"""A network in memory: bytes come late, in pieces, or not at all."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol


@dataclass(frozen=True)
class NetworkConditions:
    """The network of a run. Times are in seconds, sizes in bytes."""

    latency: float
    """Most that a piece takes from one end to the other."""
    pieces: float
    """The share of writes that arrive in pieces."""
    buffered: int
    """The bytes that the kernels on both sides take before a writer has to wait."""


class Receiver(Protocol):
    """The client's end of a link."""

    def data_received(self, data: bytes) -> None: ...

    def connection_lost(self) -> None: ...


class Pipe:
    """One direction of a link: bytes arrive in order until it is cut."""

    def __init__(
        self, rng: Random, conditions: NetworkConditions, deliver: Callable[[bytes], None]
    ) -> None:
        self._rng = rng
        self._conditions = conditions
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._at_end: Callable[[], None] | None = None
        self._stalled_until = 0.0
        self.held = False
        self._closed = False
        self.waiting = bytearray()

    def write(self, data: bytes) -> None:
        if not self._closed and self._at_end is None:
            self.waiting += data
            self._arm()

    def end(self, at_end: Callable[[], None]) -> None:
        """End writing; `at_end` is called once all bytes have arrived."""
        if self._closed:
            at_end()
        elif self._at_end is None:
            self._at_end = at_end
            self._arm()

    def cut(self) -> None:
        """Lose the bytes in transit."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()

    def cut_somewhere(self, at_end: Callable[[], None]) -> None:
        """Lose the bytes in transit from a random one on."""
        del self.waiting[self._rng.randint(0, len(self.waiting)) :]
        self.end(at_end)

    def stall(self, seconds: float) -> None:
        """Let nothing through for a while."""
        self._stalled_until = self._loop.time() + seconds

    def hold(self) -> None:
        """Pause: the reader accepts no more for now."""
        self.held = True

    def release(self) -> None:
        self.held = False
        self._arm()

    def _arm(self) -> None:
        if self._timer is None and not self.held and (self.waiting or self._at_end):
            delay = self._conditions.latency * self._rng.random()
            wait = max(0.0, self._stalled_until - self._loop.time())
            self._timer = self._loop.call_later(wait + delay, self._arrive)

    def _arrive(self) -> None:
        self._timer = None
        if self._closed or self.held:
            return
        if not self.waiting and self._at_end is not None:
            self._closed = True
            self._at_end()
            return
        size = min(len(self.waiting), self._conditions.buffered)
        if self._rng.random() < self._conditions.pieces:
            size = self._rng.randint(1, size)
        piece = bytes(self.waiting[:size])
        del self.waiting[:size]
        self._deliver(piece)
        self._arm()


class Link(asyncio.Transport):
    """A connection: to the server's protocol it is its transport."""

    def __init__(self, rng: Random, conditions: NetworkConditions, client: Receiver) -> None:
        super().__init__()
        self._rng = rng
        self._client: Receiver | None = client
        self._gone: Callable[[], None] | None = None
        self._loop = asyncio.get_running_loop()
        self._protocol: asyncio.Protocol | None = None
        self._closing = False
        self._choked = False
        self._room = conditions.buffered
        self.up = Pipe(rng, conditions, self._to_server)
        self.down = Pipe(rng, conditions, self._to_client)

    # ------------------------------------------------------------ the client's end

    def send(self, data: bytes) -> None:
        self.up.write(data)

    def hang_up(self, *, notice: float) -> None:
        """The client disappears silently; the server notices after this many seconds."""
        self._client = None
        self.down.cut()
        self._loop.call_later(notice, self._notice)

    # ------------------------------------------------------------ the server's end

    def attach(self, protocol: asyncio.Protocol, gone: Callable[[], None]) -> None:
        """Begin to deliver to the server's protocol; `gone` is called at its end."""
        self._protocol = protocol
        self._gone = gone
        protocol.connection_made(self)

    def die(self) -> None:
        """The server's process dies: it receives nothing more, and the client loses the rest."""
        self._protocol = None
        self.up.cut()
        self.down.cut_somewhere(self._notify_client)

    def shut_down(self) -> None:
        """The server's process drains: call what uvicorn calls on a protocol then."""
        shutdown: Callable[[], None] | None = getattr(self._protocol, "shutdown", None)
        if shutdown is not None:
            shutdown()

    def write(self, data: Any) -> None:
        if self._closing or self._protocol is None:
            return
        self.down.write(bytes(data))
        if self.get_write_buffer_size() and not self._choked:
            self._choked = True
            self._protocol.pause_writing()

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self.up.cut()
            self.down.end(self._notify_client)
            if not self._choked:
                self._loop.call_soon(self._lose, None)

    def abort(self) -> None:
        self._closing = True
        self.up.cut()
        self.down.cut_somewhere(self._notify_client)
        self._loop.call_soon(self._lose, None)

    def write_eof(self) -> None:
        self.down.end(self._notify_client)

    def can_write_eof(self) -> bool:
        return True

    def is_closing(self) -> bool:
        return self._closing

    def pause_reading(self) -> None:
        self.up.hold()

    def resume_reading(self) -> None:
        self.up.release()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        assert isinstance(protocol, asyncio.Protocol)
        self._protocol = protocol

    def get_write_buffer_size(self) -> int:
        return max(0, len(self.down.waiting) - self._room)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert low == 0, "the server must ask to be notified when all bytes have left"

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("192.0.2.1", 50_000) if name == "peername" else default

    # --------------------------------------------------------------------- between

    def _notice(self) -> None:
        if self.up.held:
            self.up.cut()  # a client that does not read is notified without the rest
        self.up.cut_somewhere(lambda: self._lose(ConnectionResetError()))

    def _to_server(self, data: bytes) -> None:
        if self._protocol is not None:
            self._protocol.data_received(data)

    def _to_client(self, data: bytes) -> None:
        if self._client is not None:
            self._client.data_received(data)
        if self._choked and not self.get_write_buffer_size():
            self._choked = False
            if self._closing:
                self._lose(None)
            elif self._protocol is not None:
                self._protocol.resume_writing()

    def _notify_client(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.connection_lost()

    def _lose(self, error: Exception | None) -> None:
        self._closing = True
        protocol, self._protocol = self._protocol, None
        if protocol is not None:
            protocol.connection_lost(error)
            if self._gone is not None:
                self._gone()
