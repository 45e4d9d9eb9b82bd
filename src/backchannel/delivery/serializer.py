"""The interfaces of a connection: the socket it sends on, and the dialect's serializer."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from backchannel.domain.events import Event, LogHead
from backchannel.domain.signals import Signal


class Socket(Protocol):
    """The part of an open socket that sends; `transports.websocket.endpoint.Socket` has it."""

    @property
    def backlog(self) -> int:
        """Accepted bytes that the kernel has not taken yet."""
        ...

    def send_text(self, payload: bytes) -> None: ...

    def close(self, code: int = 1000, reason: str = "") -> None: ...


class CloseReason(NamedTuple):
    """The arguments of `Socket.close`."""

    code: int
    reason: str


class Serializer(Protocol):
    """Encodes events and signals as the frames of a dialect; `Connection` sends them.

    A serializer whose frames do not depend on the client serves all connections of its dialect. It
    keeps the frames that it has encoded in `EventPayload.encoded`, under its own key.
    """

    @property
    def acknowledges(self) -> bool:
        """True if its clients acknowledge positions; if not, bytes taken by the kernel count."""
        ...

    @property
    def expired(self) -> CloseReason:
        """The reason for closing a socket whose token has expired (rule S5)."""
        ...

    @property
    def logged_out(self) -> CloseReason:
        """The reason for closing a socket whose login has ended (rule S1)."""
        ...

    def event(self, event: Event) -> Sequence[bytes] | None:
        """The frames of an event; None if it needs `prepare` first: then the log is read."""
        ...

    async def prepare(self, events: Sequence[Event]) -> None:
        """Look up the data needed to encode these events. May raise `ChatError`."""
        ...

    def page(self, events: Sequence[Event], position: int, *, more: bool) -> Sequence[bytes]:
        """The frames of a page of the log that ends at `position`."""
        ...

    def signal(self, signal: Signal) -> bytes | None:
        """The frame of a signal; None, here and below, if the dialect has no such frame."""
        ...

    def heartbeat(self, position: int) -> bytes | None:
        """The frame with the position of the log's head."""
        ...

    def lagging(self, position: int) -> bytes | None:
        """The frame that says that nothing more is pushed until the client asks for it."""
        ...

    def reset(self, head: LogHead, reason: str) -> bytes | None:
        """The frame that makes a client whose position is not valid fetch its state afresh."""
        ...
