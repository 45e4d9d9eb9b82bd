"""The bus port: how what happened here reaches the users connected elsewhere."""

from collections.abc import Callable, Sequence
from typing import Protocol

from backchannel.domain.events import Event
from backchannel.domain.signals import Signal

EventListener = Callable[[Sequence[Event]], None]
SignalListener = Callable[[Signal], None]
EndedListener = Callable[[Sequence[str]], None]


class Bus(Protocol):
    """Carries wake-ups and nothing that only it knows.

    Losing, repeating or reordering its traffic costs latency, never a message (R15, R17).
    """

    def publish(self, events: Sequence[Event]) -> None:
        """Tell every process, this one too; a failure is counted, not raised."""
        ...

    def listen(self, listener: EventListener) -> None:
        """Hand all events to `listener`, on the event loop's thread."""
        ...

    def signal(self, signal: Signal) -> None:
        """Pass on what may be lost: typing and presence."""
        ...

    def listen_signals(self, listener: SignalListener) -> None: ...

    def publish_ended(self, login_ids: Sequence[str]) -> None:
        """Tell every process that these logins have ended (rule S1)."""
        ...

    def listen_ended(self, listener: EndedListener) -> None: ...

    async def close(self) -> None: ...
