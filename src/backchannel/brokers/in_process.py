"""The bus of a single process: a function call."""

from collections.abc import Sequence

from backchannel.domain.events import Event
from backchannel.domain.signals import Signal
from backchannel.ports.bus import EndedListener, EventListener, SignalListener


class InProcessBus:
    """Hands everything to its listeners at once, in the order it happened."""

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

    async def close(self) -> None:
        self._events.clear()
        self._signals.clear()
        self._ended.clear()
