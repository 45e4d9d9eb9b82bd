"""The serializer of `/websocket`: messages as frames."""

from collections.abc import Sequence

from backchannel.chat.directory import Directory
from backchannel.delivery.voice import Sink
from backchannel.dialects.event_socket import wire
from backchannel.dialects.shared.cursorless_voice import CursorlessVoice
from backchannel.domain.events import Event, Fact
from backchannel.domain.messages import Message

ENCODING = "event_socket"
"""The name under which a fact keeps its frame."""


class EventSocketVoice(CursorlessVoice):
    """Speaks of users by name, and in envelopes to a client that uses them."""

    __slots__ = ("_directory", "enveloped")

    def __init__(self, directory: Directory) -> None:
        super().__init__()
        self._directory = directory
        self.enveloped = False

    def say(self, sink: Sink, event: Event, message: Message) -> None:
        frame = self.frame(event.fact, message)
        sink.send_text(wire.in_envelope(frame) if self.enveloped else frame)

    def knows(self, message: Message) -> bool:
        known = self._directory.known_username
        return known(message.sender_id) is not None and known(message.recipient_id) is not None

    async def prepare(self, events: Sequence[Event]) -> None:
        contents = [event.fact.content for event in events]
        messages = [content for content in contents if isinstance(content, Message)]
        parties = [(message.sender_id, message.recipient_id) for message in messages]
        await self._directory.learn_all(user_id for pair in parties for user_id in pair)

    def frame(self, fact: Fact | None, message: Message) -> bytes:
        """The message without an envelope; kept in `fact`, if there is one, for all who ask."""
        frame = None if fact is None else fact.encoded.get(ENCODING)
        if frame is None:
            sender, receiver = self._name(message.sender_id), self._name(message.recipient_id)
            frame = wire.delivered(message, sender, receiver)
            if fact is not None:
                fact.encoded[ENCODING] = frame
        return frame

    def _name(self, user_id: str) -> str:
        return self._directory.known_username(user_id) or user_id
