"""The seam between an Engine.IO session and what gives its messages meaning."""

from collections.abc import Callable
from typing import Protocol

from backchannel.transports.websocket.endpoint import UpgradeRequest


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
        """Bytes accepted by `send_*` that the client has not got.

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
        """Close after what is queued; later sends are dropped. Only a WebSocket tells why."""
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
