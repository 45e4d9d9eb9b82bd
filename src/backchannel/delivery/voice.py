"""The seams of a connection: the socket below it, and the dialect that speaks on it."""

from collections.abc import Sequence
from typing import Protocol

from backchannel.domain.events import Event, LogHead
from backchannel.domain.signals import Signal


class Sink(Protocol):
    """Where a connection's bytes go; `transports.websocket.endpoint.Socket` is one."""

    @property
    def backlog(self) -> int:
        """Bytes accepted that the kernel has not yet taken."""
        ...

    def send_text(self, payload: bytes) -> None: ...

    def close(self, code: int = 1000, reason: str = "") -> None: ...


class Voice(Protocol):
    """How a dialect puts what happened on its wire.

    One voice serves all connections of its dialect, so it keeps what it has encoded in
    `Fact.encoded` under its own name.
    """

    @property
    def confirms(self) -> bool:
        """Whether its clients acknowledge positions; else what the kernel took has arrived."""
        ...

    def event(self, sink: Sink, event: Event) -> bool:
        """Something happened just now. False: not without `prepare`, so read it from the log."""
        ...

    async def prepare(self, events: Sequence[Event]) -> None:
        """Look up whatever is needed to speak of these events."""
        ...

    def missed(self, sink: Sink, events: Sequence[Event], position: int, *, more: bool) -> None:
        """A page of what happened while this device was away, up to `position`."""
        ...

    def signal(self, sink: Sink, signal: Signal) -> None: ...

    def heartbeat(self, sink: Sink, position: int) -> None: ...

    def lagging(self, sink: Sink, position: int) -> None:
        """Nothing more is pushed until the client pulls; only for voices that confirm."""
        ...

    def reset(self, sink: Sink, head: LogHead, reason: str) -> None:
        """The client's position means nothing here: it must fetch its state afresh."""
        ...

    def expired(self, sink: Sink) -> None:
        """Close: the token's life is over (rule S5)."""
        ...

    def ended(self, sink: Sink) -> None:
        """Close: the login was ended (rule S1)."""
        ...
