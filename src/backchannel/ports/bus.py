"""The bus port: carries events to users who are connected to other nodes."""

from collections.abc import Callable, Sequence
from typing import Protocol

from backchannel.domain.events import Event
from backchannel.domain.signals import Notice, Signal

EventListener = Callable[[Sequence[Event]], None]
SignalListener = Callable[[Signal], None]
EndedListener = Callable[[Sequence[str]], None]
NoticeListener = Callable[[Notice, str], None]
PacketListener = Callable[[bytes, str], None]
LossListener = Callable[[str | None], None]


class Bus(Protocol):
    """Carries wake-ups between nodes; everything in them is in the database, too.

    Losing, repeating or reordering its traffic costs latency, never a message (R15, R17). Messages
    about a user reach this node, and the others that follow or watch that user. A failure to
    pass something on is counted, not raised. Listeners are called on the event loop's thread.
    """

    @property
    def node_id(self) -> str:
        """The name of this node on the bus, a new one after each start."""
        ...

    @property
    def shared(self) -> bool:
        """True if other nodes may be on the bus."""
        ...

    @property
    def connected(self) -> bool:
        """False while other nodes cannot be reached although there may be some."""
        ...

    def publish(self, events: Sequence[Event]) -> None:
        """Pass on events, each to the nodes that follow its user."""
        ...

    def listen(self, listener: EventListener) -> None: ...

    def signal(self, signal: Signal) -> None:
        """Pass on a signal, which may be lost: typing or presence."""
        ...

    def listen_signals(self, listener: SignalListener) -> None: ...

    def publish_ended(self, login_ids: Sequence[str]) -> None:
        """Tell every node that these logins have ended (rule S1)."""
        ...

    def listen_ended(self, listener: EndedListener) -> None: ...

    def notify(self, notice: Notice) -> None:
        """Pass a notice on to every other node."""
        ...

    def listen_notices(self, listener: NoticeListener) -> None:
        """Hand notices of other nodes to `listener`, with the sender's `node_id`."""
        ...

    def send(self, node_id: str, packet: bytes) -> None:
        """Pass bytes on to one other node, in the order of the calls."""
        ...

    def listen_packets(self, listener: PacketListener) -> None:
        """Hand packets that are sent to this node to `listener`, with the sender's `node_id`."""
        ...

    def follow(self, user_id: str) -> None:
        """Receive the user's events and signals from now on: a device has connected here."""
        ...

    def unfollow(self, user_id: str) -> None:
        """End one `follow`."""
        ...

    def watch(self, user_id: str) -> None:
        """Receive the user's presence from now on."""
        ...

    def unwatch(self, user_id: str) -> None:
        """End one `watch`."""
        ...

    async def subscribed(self, user_id: str) -> None:
        """Wait until events that others publish about a followed or watched user arrive here.

        Return at once while the bus is away, and after a few seconds in any case: a loss is
        reported once it arrives.
        """
        ...

    def listen_losses(self, listener: LossListener) -> None:
        """Call `listener` when events of a user, or of any user (None), may have been lost."""
        ...

    async def close(self) -> None: ...
