"""The interface between the WebSocket transport and the dialects that use it."""

from collections.abc import Awaitable, Mapping
from typing import Protocol

import msgspec


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

    def text_received(self, payload: bytes) -> None:
        """A whole text message, checked to be valid UTF-8, has arrived."""
        ...

    def binary_received(self, payload: bytes) -> None: ...

    def flushed(self) -> None:
        """Everything queued so far has been handed to the kernel (`backlog` is 0)."""
        ...

    def closed(self, code: int, reason: str) -> None:
        """The connection is gone; called exactly once, after `opened`. 1006: no close frame."""
        ...
