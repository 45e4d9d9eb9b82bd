"""The interface between the Socket.IO transport and the dialects that use it; its settings."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

import msgspec

from backchannel.transports.websocket.endpoint import UpgradeRequest

Ack = Callable[..., None]
"""Answers an event with any arguments; only the first call counts."""


class SocketIoSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one client's connection. Sizes are bytes, times are seconds."""

    connect_timeout: float = 45.0
    """The seconds a client may stay without joining a namespace."""
    attachments: int = 10
    """Binary attachments of one packet."""
    attachments_size: int = 4 << 20
    """All of them together."""
    acks: int = 1024
    """Acknowledgements that may be outstanding; past it the oldest is given up."""


class ConnectRequest(msgspec.Struct, frozen=True):
    """A client asks to join a namespace ("Connection to a namespace").

    `auth` is the data it sent along, {} if none. `pid` and `offset` are for the recovery of its
    last connection: its private id then, and the last event that it received.
    """

    namespace: str
    auth: Mapping[str, Any]
    request: UpgradeRequest
    pid: str | None = None
    offset: str | None = None


class Accepted(msgspec.Struct, frozen=True):
    """The client joins; `handler` gets everything that happens.

    A client that gets a `pid` sends it when it reconnects. If the same one, and the same `sid`, are
    then given again, it takes its connection as recovered: a handler that gives them sends the
    events that the client missed, oldest first, in `Handler.opened`.
    """

    handler: "Handler"
    sid: str | None = None
    pid: str | None = None
    unauthenticated: bool = False
    """True before the login: `Socket.identify` has to be called in time."""


class ConnectRefused(msgspec.Struct, frozen=True):
    """The client may not join; its `connect_error` event gets the message and the data."""

    message: str
    data: Any = None


INVALID_NAMESPACE: Final = ConnectRefused("Invalid namespace")


class Endpoint(Protocol):
    """A namespace."""

    def __call__(self, request: ConnectRequest, /) -> Awaitable[Accepted | ConnectRefused]: ...


class Socket(Protocol):
    """A client in a namespace as its handler sees it. No method blocks or raises on a dead peer.

    It can be used wherever `send_text`, `close` and `backlog` of a WebSocket are enough.
    """

    @property
    def id(self) -> str: ...

    @property
    def namespace(self) -> str: ...

    @property
    def request(self) -> UpgradeRequest:
        """The HTTP request that opened the connection."""
        ...

    @property
    def backlog(self) -> int:
        """Bytes sent that the client has not received, in all its namespaces."""
        ...

    def emit(self, event: str, *args: Any, ack: Ack | None = None) -> None:
        """Send an event; bytes anywhere in `args` travel as attachments.

        `ack` is called with the arguments of the client's answer, if one ever comes.
        """
        ...

    def send_text(self, payload: bytes) -> None:
        """Send a packet made by `packets.encode_event`."""
        ...

    def identify(self, user_id: str) -> None:
        """The client has logged in: it may stay, send large events, and its budget pays."""
        ...

    def pause_reading(self) -> None:
        """Hand on no more events until `resume_reading`, in none of its namespaces."""
        ...

    def resume_reading(self) -> None: ...

    def disconnect(self) -> None:
        """Disconnect the client from this namespace; its other ones stay."""
        ...

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Disconnect the client from all namespaces, and close its connection."""
        ...


class Handler(Protocol):
    """Gets everything that happens on one socket, always on the event loop's thread."""

    def opened(self, socket: Socket) -> None:
        """The client has been notified that it is connected."""
        ...

    def event_received(self, name: str, args: list[Any], ack: Ack | None) -> None:
        """An event has arrived; `ack` is set if the client asks for an answer."""
        ...

    def flushed(self) -> None:
        """`backlog` has become 0."""
        ...

    def closed(self, reason: str) -> None:
        """The client has left; called exactly once, after `opened`."""
        ...
