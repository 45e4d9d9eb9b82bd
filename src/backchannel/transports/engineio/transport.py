"""The seam between a session and the transports that it may have."""

from typing import Protocol

from backchannel.transports.engineio.packets import Packet


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
