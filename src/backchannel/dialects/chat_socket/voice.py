"""The serializer of `/chat`: messages as frames."""

from backchannel.delivery.voice import Sink
from backchannel.dialects.chat_socket import wire
from backchannel.dialects.shared.cursorless_voice import CursorlessVoice
from backchannel.domain.events import Event
from backchannel.domain.messages import Message


class ChatSocketVoice(CursorlessVoice):
    """Encodes the same frame for both parties, since frames contain ids only."""

    __slots__ = ()

    def say(self, sink: Sink, event: Event, message: Message) -> None:
        sink.send_text(wire.delivered_once(event.fact, message))
