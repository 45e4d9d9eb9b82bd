"""The bus of a single process: a function call."""

from collections.abc import Sequence

from backchannel.domain.events import Event
from backchannel.domain.signals import Notice, Signal
from backchannel.ports.bus import (
    EndedListener,
    EventListener,
    LossListener,
    NoticeListener,
    PacketListener,
    SignalListener,
)


class InProcessBus:
    """Hands everything to its listeners at once, in the order it happened."""

    node_id = "only"
    shared = False
    connected = True

    def __init__(self) -> None:
        self._events: list[EventListener] = []
        self._signals: list[SignalListener] = []
        self._ended: list[EndedListener] = []

    def publish(self, events: Sequence[Event]) -> None:
        for listener in self._events:
            listener(events)

    def listen(self, listener: EventListener) -> None:
        self._events.append(listener)

    def signal(self, signal: Signal) -> None:
        for listener in self._signals:
            listener(signal)

    def listen_signals(self, listener: SignalListener) -> None:
        self._signals.append(listener)

    def publish_ended(self, login_ids: Sequence[str]) -> None:
        for listener in self._ended:
            listener(login_ids)

    def listen_ended(self, listener: EndedListener) -> None:
        self._ended.append(listener)

    def notify(self, notice: Notice) -> None:
        """Do nothing: there is no other node."""

    def listen_notices(self, listener: NoticeListener) -> None:
        """Do nothing: there is no other node."""

    def send(self, node_id: str, packet: bytes) -> None:
        """Do nothing."""

    def listen_packets(self, listener: PacketListener) -> None:
        """Do nothing."""

    def follow(self, user_id: str) -> None:
        """Do nothing: everything arrives here."""

    def unfollow(self, user_id: str) -> None:
        """Do nothing."""

    def watch(self, user_id: str) -> None:
        """Do nothing."""

    def unwatch(self, user_id: str) -> None:
        """Do nothing."""

    async def subscribed(self, user_id: str) -> None:
        """Return at once."""

    def listen_losses(self, listener: LossListener) -> None:
        """Do nothing: a function call is not lost."""

    async def close(self) -> None:
        self._events.clear()
        self._signals.clear()
        self._ended.clear()
