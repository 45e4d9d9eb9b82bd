"""The limits of a single WebSocket, and of all WebSockets together."""

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
    """Bytes a second that are read for long from all sockets of one user, or of an address
    before it is known whose they are; each message counts as 256 bytes more."""
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
