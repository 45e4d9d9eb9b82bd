"""The interface between the WebSocket transport and the dialects that use it."""

from collections.abc import Awaitable, Mapping
from typing import Protocol

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of every socket. Sizes are bytes, times are seconds."""

    frame: int = 1 << 20
    """Payload of one incoming data frame; above it the connection fails with 1009."""
    message: int = 1 << 20
    """The size of an incoming message, after fragments are joined and after inflation (1009)."""
    stranger_message: int = 1 << 20
    """The same for a peer that has not logged in yet (1009)."""
    read_rate: int = 64 << 20
    """The sustained rate of reading, in bytes a second, for all sockets of one user, or of an
    address before the login; each frame counts as 256 bytes more, a ping as 4 KiB, and a compressed
    message as its inflated size."""
    receive_buffer: int = 32 << 10
    """Bytes that the kernel holds for a socket that is not read."""
    fragments: int = 1024
    """Frames that may make up one message (1009)."""
    backlog: int = 4 << 20
    """Outgoing bytes the kernel has not taken; above it the connection is aborted."""
    unread: int = 256 << 10
    """Outgoing bytes above which a peer that does not read is not read from either."""
    ping_interval: float = 20.0
    ping_timeout: float = 20.0
    """A peer silent for this long after a ping is dead."""
    handshake_timeout: float = 10.0
    """The time in which an endpoint must accept or refuse (503 after it)."""
    close_timeout: float = 5.0
    """The time in which the peer must answer a close frame."""
    drain_grace: float = 5.0
    """The same while the process shuts down."""
    drain_jitter: float = 5.0
    """When the process shuts down, clients are asked to reconnect within this time."""
    sockets: int = 100_000
    """Open sockets of the process (503 above it)."""
    sockets_per_address: int = 1_000
    """Open sockets of one client address (503 above it)."""

    def __post_init__(self) -> None:
        if min(self.frame, self.message) < 125:
            raise ValueError("a frame and a message must be allowed at least 125 bytes")
        if min(self.ping_interval, self.ping_timeout) <= 0:
            raise ValueError("the ping interval and timeout must be positive")


class UpgradeRequest(msgspec.Struct, frozen=True):
    """An HTTP/1.1 upgrade request (RFC 6455, section 4.1), already checked for form.

    Header names are lower case. `client` is the peer's address and port as the operating
    system, or a trusted proxy, names it.
    """

    path: str
    query: str
    headers: Mapping[str, str]
    client: tuple[str, int]
    secure: bool
    subprotocols: tuple[str, ...] = ()


class Accepted(msgspec.Struct, frozen=True):
    """The endpoint takes the connection; `handler` gets everything that arrives on it."""

    handler: "Handler"
    subprotocol: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


class Refused(msgspec.Struct, frozen=True):
    """The endpoint declines: a plain HTTP response is sent instead of 101."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class Endpoint(Protocol):
    """A path that speaks WebSocket."""

    def __call__(self, request: UpgradeRequest) -> Awaitable[Accepted | Refused]: ...


class Socket(Protocol):
    """An open WebSocket as its handler sees it. No method blocks or raises on a dead peer."""

    @property
    def request(self) -> UpgradeRequest:
        """The upgrade request, without its headers and subprotocols."""
        ...

    @property
    def backlog(self) -> int:
        """Bytes accepted by `send_*` that the kernel has not yet taken."""
        ...

    def send_text(self, payload: bytes) -> None:
        """Queue one text message, UTF-8. All of a loop turn's messages leave in one write."""
        ...

    def send_binary(self, payload: bytes) -> None: ...

    def identify(self, user_id: str) -> None:
        """The peer has logged in: it may send large messages, and this user's budget pays."""
        ...

    def pause_reading(self) -> None:
        """Hand on no more messages until `resume_reading`: they wait with the peer."""
        ...

    def resume_reading(self) -> None: ...

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Start the closing handshake (RFC 6455, section 7); later sends are dropped."""
        ...


class Handler(Protocol):
    """Gets everything that happens on one socket, always on the event loop's thread."""

    def opened(self, socket: Socket) -> None: ...

    def text_received(self, payload: bytes, /) -> None:
        """A whole text message, checked to be valid UTF-8, has arrived."""
        ...

    def binary_received(self, payload: bytes, /) -> None: ...

    def flushed(self) -> None:
        """Everything queued so far has been handed to the kernel (`backlog` is 0)."""
        ...

    def closed(self, code: int, reason: str) -> None:
        """The connection is gone; called exactly once, after `opened`. 1006: no close frame."""
        ...
