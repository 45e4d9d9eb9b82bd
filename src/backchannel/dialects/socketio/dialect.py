"""The seam between the one Socket.IO endpoint and the dialects that are spoken on it."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

import msgspec

from backchannel.chat.logins import Identity
from backchannel.delivery.switchboard import Switchboard
from backchannel.dialects.shared.faults import Fault
from backchannel.dialects.shared.in_order import Work
from backchannel.domain.events import Fact
from backchannel.domain.messages import Draft, Message
from backchannel.ports.storage import Stored
from backchannel.transports.socketio.endpoint import Ack


class Emitted(msgspec.Struct, frozen=True, gc=False):
    """An event as a client emitted it; `ack` is there if the client gave a callback."""

    name: str
    args: Sequence[Any]
    ack: Ack | None = None

    @property
    def argument(self) -> Any:
        """The first argument; these dialects know no event with more."""
        return self.args[0] if self.args else None


class Client(Protocol):
    """A client's socket as a dialect sees it."""

    @property
    def desk(self) -> Switchboard: ...

    @property
    def identity(self) -> Identity:
        """The user and login of this socket. Raises `Unauthenticated` before the login."""
        ...

    @property
    def rooms(self) -> set[str]:
        """The rooms that the client has joined; the dialect chooses their names."""
        ...

    async def log_in(self, token: str) -> None:
        """Say whose socket this is, where the handshake did not. Raises `ChatError`."""
        ...

    def submit(self, drafted: Draft, emitted: Emitted, stored: Callable[[Stored], object]) -> None:
        """Store what an event drafted: `stored` is called once it is durable (rule R1).

        What is refused the client learns in the dialect's words.
        """
        ...

    def send_text(self, payload: bytes) -> None:
        """Send a packet made by `transports.socketio.packets.encode_event`."""
        ...


class Dialect(Protocol):
    """A dialect of Socket.IO. It has no state: what belongs to a client is in `Client`.

    Every client may use all of them: an event from a client goes to the first dialect that
    claims it, and a message is sent in the packets of each.
    """

    @property
    def admits_strangers(self) -> bool:
        """True if its clients log in with an event, so that a handshake needs no token."""
        ...

    def claims(self, emitted: Emitted) -> bool:
        """True if an event belongs to this dialect."""
        ...

    def handle(self, client: Client, emitted: Emitted) -> Work | None:
        """Handle an event, or return the work that has to wait for something.

        May raise `ChatError`, as the work may.
        """
        ...

    def packets(self, fact: Fact, message: Message, rooms: Collection[str]) -> Sequence[bytes]:
        """The packets in which a client in these rooms learns of a new message, in their order.

        It gets the messages between two users that concern it, and the responder's. A packet
        that does not depend on the client is kept in `fact.encoded`, see `once`.
        """
        ...

    def refused(self, fault: Fault) -> object:
        """The argument of the callback of an event that failed."""
        ...


def once(fact: Fact, name: str, encode: Callable[[], bytes]) -> bytes:
    """A packet that is the same for all clients: encoded once, kept under a name."""
    packet = fact.encoded.get(name)
    if packet is None:
        packet = fact.encoded[name] = encode()
    return packet
