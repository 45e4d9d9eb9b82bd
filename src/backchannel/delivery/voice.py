"""The seams of a connection: the socket below it, and the dialect that speaks on it."""

from collections.abc import Sequence
from typing import Protocol

from backchannel.domain.events import Event, LogHead
from backchannel.domain.signals import Signal


class Sink(Protocol):
    """The outgoing side of a connection; `transports.websocket.endpoint.Socket` is one."""

    @property
    def backlog(self) -> int:
        """Bytes accepted that the kernel has not yet taken."""
        ...

    def send_text(self, payload: bytes) -> None: ...

    def close(self, code: int = 1000, reason: str = "") -> None: ...


class Voice(Protocol):
    """The serializer of a dialect: it puts events into the dialect's frames.

    One voice serves all connections of its dialect, and keeps the frames it has encoded in
    `Fact.encoded` under its own name.
    """

    @property
    def confirms(self) -> bool:
        """True if its clients acknowledge positions; if not, bytes taken by the kernel count."""
        ...

    def event(self, sink: Sink, event: Event) -> bool:
        """Send an event. Return False if it needs `prepare` first: the log is then read instead."""
        ...

    async def prepare(self, events: Sequence[Event]) -> None:
        """Look up what is needed to encode these events."""
        ...

    def missed(self, sink: Sink, events: Sequence[Event], position: int, *, more: bool) -> None:
        """Send a page of the events that the device missed, up to `position`."""
        ...

    def signal(self, sink: Sink, signal: Signal) -> None: ...

    def heartbeat(self, sink: Sink, position: int) -> None: ...

    def lagging(self, sink: Sink, position: int) -> None:
        """Say that nothing more is pushed until the client pulls; only for voices that confirm."""
        ...

    def reset(self, sink: Sink, head: LogHead, reason: str) -> None:
        """Tell the client that its position is unknown here: it must fetch its state afresh."""
        ...

    def expired(self, sink: Sink) -> None:
        """Close the connection because its token has expired (rule S5)."""
        ...

    def ended(self, sink: Sink) -> None:
        """Close the connection because its login has ended (rule S1)."""
        ...
