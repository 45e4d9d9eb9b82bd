"""The interface between an Engine.IO session and the handler of its messages."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from backchannel.transports.engineio.packets import Packet
from backchannel.transports.websocket.endpoint import UpgradeRequest


class EngineIoSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes are bytes, times are seconds. The first three are sent to the client."""

    ping_interval: float = 25.0
    ping_timeout: float = 20.0
    """The time to wait for the answer to a ping."""
    max_payload: int = 1_000_000
    """The largest body of a POST; the WebSocket's own limit should be the same."""
    stranger_payload: int = 1_000_000
    """The same before the client has logged in."""
    packets: int = 16_384
    """Packets in the body of a POST (400 above it): python-engineio sends 16 at most, others all
    that wait, up to `max_payload`; for messages of 60 bytes that is as many as this."""
    read_rate: int = 64 << 20
    """The sustained rate of reading, in bytes a second, for the POSTs of one user, or of one
    address before the login; each packet counts as 256 bytes more."""
    upgrade_timeout: float = 10.0
    """The time in which a WebSocket must replace polling."""
    backlog: int = 4 << 20
    """The bytes that may wait for a slow client; above it the session is closed."""
    sessions: int = 100_000
    sessions_per_address: int = 1_000
    """Open sessions of the process, and of one client address (503 above them)."""

    def __post_init__(self) -> None:
        if min(self.ping_interval, self.ping_timeout, self.upgrade_timeout) <= 0:
            raise ValueError("intervals and timeouts must be positive")


class Session(Protocol):
    """An open session as its handler sees it, whichever transport carries it at the moment.

    No method blocks, or raises because the client is gone.
    """

    @property
    def id(self) -> str: ...

    @property
    def request(self) -> UpgradeRequest:
        """The request that opened the session; over polling it was no upgrade."""
        ...

    @property
    def backlog(self) -> int:
        """Bytes accepted by `send_*` that the client has not received.

        A WebSocket's bytes count until the kernel takes them; a poll's until the client's
        next poll, which proves that it has read the answer to the last one.
        """
        ...

    def send_text(self, payload: bytes) -> None:
        """Queue one text message, UTF-8. Messages arrive once and in order, across upgrades."""
        ...

    def send_binary(self, payload: bytes) -> None: ...

    def identify(self, user_id: str) -> None:
        """The client has logged in: it may send large messages, and this user's budget pays."""
        ...

    def pause_reading(self) -> None:
        """Hand on no more messages until `resume_reading`: they wait with the client."""
        ...

    def resume_reading(self) -> None: ...

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close after the queued messages; later sends are dropped. Polling sends no reason."""
        ...


class Handler(Protocol):
    """Gets everything that happens in one session, always on the event loop's thread."""

    def opened(self, session: Session) -> None: ...

    def text_received(self, payload: bytes) -> None:
        """A whole text message, checked to be valid UTF-8, has arrived."""
        ...

    def binary_received(self, payload: bytes) -> None: ...

    def flushed(self) -> None:
        """`backlog` has become 0."""
        ...

    def closed(self, reason: str) -> None:
        """The session is over; called exactly once, after `opened`."""
        ...


Endpoint = Callable[[UpgradeRequest], Handler]
"""Returns the handler of a new session."""


class Transport(Protocol):
    """Carries packets to the client."""

    @property
    def backlog(self) -> int: ...

    def send(self, packet: Packet) -> bool:
        """Send or queue `packet`; returns False when too much is queued."""
        ...

    def identify(self, user_id: str) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def close(self, code: int, reason: str) -> None:
        """Close once everything queued is sent."""
        ...
