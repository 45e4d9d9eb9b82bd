"""The serializer for Socket.IO clients: messages in the packets of every dialect."""

from collections.abc import Collection, Sequence

from backchannel.delivery.voice import Sink
from backchannel.dialects.shared.cursorless_voice import CursorlessVoice
from backchannel.dialects.socketio.dialect import Dialect
from backchannel.dialects.socketio.recovery import offset
from backchannel.domain.events import Event
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message


class SocketIoVoice(CursorlessVoice):
    """Tells a client that can recover how far it has got, too.

    A client that recovers also hears what its user has sent elsewhere while it was cut off.
    """

    __slots__ = ("_dialects", "_marked", "_recovers", "_rooms")

    def __init__(
        self,
        dialects: Sequence[Dialect],
        rooms: Collection[str],
        *,
        recovers: bool,
        recovered: bool = False,
    ) -> None:
        super().__init__(level=recovered)
        self._dialects = dialects
        self._rooms = rooms
        self._recovers = recovers
        self._marked = -1

    def say(self, sink: Sink, event: Event, message: Message) -> None:
        for dialect in self._dialects:
            for packet in dialect.packets(event.fact, message, self._rooms):
                sink.send_text(packet)
        self.mark(sink, event.position)

    def concerns(self, event: Event, message: Message) -> bool:
        if message.sender_id == RESPONDER_ID:
            return True  # who has joined the session, the dialect knows
        return super().concerns(event, message)

    def missed(self, sink: Sink, events: Sequence[Event], position: int, *, more: bool) -> None:
        super().missed(sink, events, position, more=more)
        self.mark(sink, position)

    def mark(self, sink: Sink, position: int) -> None:
        """Everything up to `position` has been said."""
        if self._recovers and position > self._marked:
            self._marked = position
            sink.send_text(offset(position))
