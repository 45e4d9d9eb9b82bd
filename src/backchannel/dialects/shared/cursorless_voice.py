"""Telling a socket of messages, for dialects whose clients know no positions."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from backchannel.delivery.connection import Connection
from backchannel.delivery.voice import Sink
from backchannel.domain.events import Event, EventKind, LogHead
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message
from backchannel.domain.signals import Signal
from backchannel.transports.websocket.close import POLICY_VIOLATION


class _Silent:
    """The methods without effect: events that these dialects cannot express or never need."""

    __slots__ = ()

    async def prepare(self, events: Sequence[Event]) -> None:
        """Do nothing, unless a dialect identifies users by name."""

    def signal(self, sink: Sink, signal: Signal) -> None:
        """Do nothing: these dialects have no typing or presence."""

    def heartbeat(self, sink: Sink, position: int) -> None:
        """Do nothing: these clients do not know positions."""

    def lagging(self, sink: Sink, position: int) -> None:
        """Never called: a slow reader's messages wait in the log."""

    def reset(self, sink: Sink, head: LogHead, reason: str) -> None:
        """Never called: these clients hold no position that could become invalid."""


class CursorlessVoice(_Silent, ABC):
    """Implements `delivery.voice.Voice` for one socket.

    It pushes the messages of others, beginning with those that no device of the user has
    received yet, and what the user sends from other devices meanwhile. Everything else in the
    log only counts.
    """

    __slots__ = ("_level", "_told")

    confirms = False

    def __init__(self, *, level: bool = False) -> None:
        self._level = level
        self._told: set[int] = set()

    @abstractmethod
    def say(self, sink: Sink, event: Event, message: Message) -> None:
        """Send a message. Frames are cached in `fact.encoded`, so that other sockets share them."""

    def knows(self, message: Message) -> bool:  # noqa: ARG002 - for those who need names
        """True if `say` needs no `prepare` for this message."""
        return True

    def answered(self, connection: Connection, events: Sequence[Event]) -> None:
        """The reply to a request of this socket's own tells it of these events of sending."""
        for event in events[:1]:  # the sender's own comes first
            connection.applied(event)
            if connection.cursor < event.position:
                self._told.add(event.position)

    def event(self, sink: Sink, event: Event) -> bool:
        message = self._news(event)
        if message is None:
            return True
        if not self.knows(message):
            return False
        self.say(sink, event, message)
        return True

    def missed(self, sink: Sink, events: Sequence[Event], position: int, *, more: bool) -> None:  # noqa: ARG002 - the port's signature
        for event in events:
            message = self._news(event)
            if message is not None:
                self.say(sink, event, message)
        self._level = self._level or not more

    def expired(self, sink: Sink) -> None:
        sink.close(POLICY_VIOLATION, "token expired; log in again and reconnect")

    def ended(self, sink: Sink) -> None:
        sink.close(POLICY_VIOLATION, "logged out")

    def _news(self, event: Event) -> Message | None:
        """The message this event tells of, if this socket shall hear of it and has not."""
        fact = event.fact
        message = fact.content
        if fact.kind != EventKind.MESSAGE or not isinstance(message, Message):
            return None
        if message.deleted_at is not None:
            return None  # a late device never shows deleted text (rule R7)
        return message if self.concerns(event, message) else None

    def concerns(self, event: Event, message: Message) -> bool:
        """True if a message that is not deleted is sent to this socket."""
        if RESPONDER_ID in (message.sender_id, message.recipient_id):
            return False  # a session is no chat of two people
        return message.sender_id != event.user_id or self._sent_elsewhere(event)

    def _sent_elsewhere(self, event: Event) -> bool:
        """True if another device sent this while this one was connected."""
        if event.position in self._told:
            self._told.discard(event.position)
            return False
        return self._level
