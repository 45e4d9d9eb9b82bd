"""The settings of an Engine.IO server."""

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes are bytes, times are seconds. The first three are sent to the client."""

    ping_interval: float = 25.0
    ping_timeout: float = 20.0
    """The time to wait for the answer to a ping."""
    max_payload: int = 1_000_000
    """The largest body of a POST; the WebSocket's own limit should be the same."""
    stranger_payload: int = 1_000_000
    """The same before the client has logged in."""
    read_rate: int = 64 << 20
    """Bytes a second that are read for long from the POSTs of one user, or of one address
    before the login; each packet counts as 256 bytes more."""
    upgrade_timeout: float = 10.0
    """The time in which a WebSocket must replace polling."""
    body_timeout: float = 10.0
    """The time in which the body of a POST must arrive."""
    backlog: int = 4 << 20
    """The bytes that may wait for a slow client; above it the session is closed."""
    sessions: int = 100_000
    sessions_per_address: int = 1_000
    """Open sessions of the process, and of one client address (503 above them)."""

    def __post_init__(self) -> None:
        if min(self.ping_interval, self.ping_timeout, self.upgrade_timeout) <= 0:
            raise ValueError("intervals and timeouts must be positive")
