"""How `/chat` tells a device of messages."""

from backchannel.delivery.voice import Sink
from backchannel.dialects.chat_socket import wire
from backchannel.dialects.shared.cursorless_voice import CursorlessVoice
from backchannel.domain.events import Event
from backchannel.domain.messages import Message


class ChatSocketVoice(CursorlessVoice):
    """One frame serves both parties: it speaks of ids."""

    __slots__ = ()

    def say(self, sink: Sink, event: Event, message: Message) -> None:
        sink.send_text(wire.delivered_once(event.fact, message))
