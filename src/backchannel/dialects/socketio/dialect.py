"""The interface between the one Socket.IO endpoint and the dialects that share it."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

import msgspec

from backchannel.chat.logins import Identity
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.dialects.shared.handlers import Work
from backchannel.domain.events import EventPayload
from backchannel.domain.messages import Draft, Message
from backchannel.domain.signals import Rejected
from backchannel.http.errors import ErrorInfo
from backchannel.ports.storage.values import Stored
from backchannel.transports.socketio.endpoint import Ack


class ClientEvent(msgspec.Struct, frozen=True, gc=False):
    """An event as a client emitted it; `ack` is there if the client gave a callback."""

    name: str
    args: Sequence[Any]
    ack: Ack | None = None

    @property
    def argument(self) -> Any:
        """The first argument, None without one; no event of these dialects has more."""
        return self.args[0] if self.args else None


class Client(Protocol):
    """A client's socket as a dialect sees it."""

    @property
    def connections(self) -> ConnectionManager: ...

    @property
    def identity(self) -> Identity:
        """The user and login of this socket. Raises `Unauthenticated` before the login."""
        ...

    @property
    def rooms(self) -> set[str]:
        """The rooms that the client has joined; the dialect chooses their names."""
        ...

    async def log_in(self, token: str) -> None:
        """Log in with a token that was not in the handshake. Raises `ChatError`."""
        ...

    def submit(
        self, drafted: Draft, event: ClientEvent, stored: Callable[[Stored], object]
    ) -> None:
        """Store the draft from an event: `stored` is called once it is durable (rule R1).

        A refusal is sent to the client in the dialect's format.
        """
        ...

    def send_text(self, payload: bytes) -> None:
        """Send a packet made by `transports.socketio.packets.encode_event`."""
        ...


class Dialect(Protocol):
    """A dialect of Socket.IO. It has no state: the state of a client is in `Client`.

    Every client may use all of them: an event from a client goes to the first dialect that
    claims it, and a message is sent in the packets of each.
    """

    @property
    def accepts_unauthenticated(self) -> bool:
        """True if its clients log in with an event, so that a handshake needs no token."""
        ...

    def claims(self, event: ClientEvent) -> bool:
        """True if an event belongs to this dialect."""
        ...

    def handle(self, client: Client, event: ClientEvent) -> Work | None:
        """Handle an event, or return the work that has to wait for something.

        May raise `ChatError`, as the work may.
        """
        ...

    def packets(
        self, payload: EventPayload, message: Message, rooms: Collection[str]
    ) -> Sequence[bytes]:
        """The packets that bring a new message to a client in these rooms, in their order.

        It gets the messages between two users that concern it, and the responder's. A packet
        that does not depend on the client is kept in `payload.encoded`, see `encoded_once`.
        """
        ...

    def rejected(self, rejected: Rejected) -> bytes | None:
        """The packet that says that an accepted message is rejected, if the dialect accepts."""
        ...

    def refused(self, error: ErrorInfo) -> object:
        """The argument of the callback of an event that failed."""
        ...


def encoded_once(payload: EventPayload, name: str, encode: Callable[[], bytes]) -> bytes:
    """A packet that is the same for all clients: encoded once, kept under a name."""
    packet = payload.encoded.get(name)
    if packet is None:
        packet = payload.encoded[name] = encode()
    return packet
