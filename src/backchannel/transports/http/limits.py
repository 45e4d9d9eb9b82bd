"""The limits of a single HTTP connection, and of all connections together."""

import msgspec


class HttpLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of every HTTP connection. Sizes are bytes, times are seconds."""

    head_size: int = 32 << 10
    """Request line and fields (431 above it)."""
    body_size: int = 64 << 20
    """Any request's body, whatever its route; routes may allow less (413 above it)."""
    head_timeout: float = 10.0
    """The time from accept, or from a further request's first byte, to the end of its head."""
    body_timeout: float = 10.0
    """The time from there to the end of the body; longer for large ones, by `body_rate`."""
    body_rate: int = 1024
    """Bytes per second that a body must keep up with once `body_timeout` is over."""
    write_timeout: float = 10.0
    """The time for which a client may leave a full write buffer unread."""
    connections: int = 10_000
    """Connections of the process that speak HTTP (503 above it)."""
    connections_per_address: int = 256
    """The same of one client address."""
