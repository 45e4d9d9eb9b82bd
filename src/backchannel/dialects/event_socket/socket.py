"""The WebSocket `/websocket`: its access, its frames in, and its frames out."""

from collections.abc import Mapping, Sequence

from backchannel.chat.directory import Directory
from backchannel.chat.logins import Identity
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.dialects.event_socket import wire
from backchannel.dialects.shared.auto_ack import AutoAckHandler, AutoAckSerializer, endpoint
from backchannel.dialects.shared.handlers import Work
from backchannel.dialects.shared.messages import acknowledged
from backchannel.domain.errors import ChatError
from backchannel.domain.events import Event, EventPayload
from backchannel.domain.messages import Message
from backchannel.ports.storage.values import LogState, Stored
from backchannel.transports.websocket.endpoint import Endpoint

ENCODING = "event_socket"
"""The name under which an event keeps its frame."""

PATH = "/websocket"


class EventSocketSerializer(AutoAckSerializer):
    """Names users by username, and wraps frames in envelopes for a client that uses them."""

    __slots__ = ("_directory", "enveloped")

    def __init__(self, directory: Directory, own_after: int) -> None:
        super().__init__(own_after)
        self._directory = directory
        self.enveloped = False

    def frames(self, event: Event, message: Message) -> tuple[bytes]:
        frame = self.frame(event.payload, message)
        return (wire.in_envelope(frame) if self.enveloped else frame,)

    def can_encode(self, message: Message) -> bool:
        known = self._directory.known_username
        return known(message.sender_id) is not None and known(message.recipient_id) is not None

    async def prepare(self, events: Sequence[Event]) -> None:
        contents = [event.payload.content for event in events]
        messages = [content for content in contents if isinstance(content, Message)]
        pairs = [(message.sender_id, message.recipient_id) for message in messages]
        await self._directory.learn_all(user_id for pair in pairs for user_id in pair)

    def frame(self, payload: EventPayload | None, message: Message) -> bytes:
        """The message without an envelope; kept in `payload`, if there is one, for all sockets."""
        frame = None if payload is None else payload.encoded.get(ENCODING)
        if frame is None:
            sender, receiver = self._name(message.sender_id), self._name(message.recipient_id)
            frame = wire.delivered(message, sender, receiver)
            if payload is not None:
                payload.encoded[ENCODING] = frame
        return frame

    def _name(self, user_id: str) -> str:
        return self._directory.known_username(user_id) or user_id


def endpoints(connections: ConnectionManager) -> Mapping[str, Endpoint]:
    """The WebSocket of this dialect, by path."""
    return {PATH: endpoint(connections, EventSocketHandler)}


class EventSocketHandler(AutoAckHandler[EventSocketSerializer]):
    """The socket of a single client. A client that sends envelopes is answered in envelopes."""

    __slots__ = ()

    def __init__(self, connections: ConnectionManager, identity: Identity, state: LogState) -> None:
        serializer = EventSocketSerializer(connections.core.directory, state.head.position)
        super().__init__(connections, identity, state.delivered_position, serializer)

    def handle(self, payload: bytes) -> Work | None:
        body, self.serializer.enveloped = wire.unwrapped(payload)
        sending = wire.decode(body)
        sending.require_own(self.identity)
        receiver_id = self.connections.core.directory.known_id(sending.receiver)
        if receiver_id is None:
            return self._send_after_lookup(sending)
        self.send(receiver_id, sending.content, sending.client_id)
        return None

    def acknowledgement(self, stored: Stored, client_id: str | None) -> bytes:
        payload = stored.events[0].payload if stored.events else None
        frame = acknowledged(self.serializer.frame(payload, stored.message), client_id)
        return wire.in_envelope(frame) if self.serializer.enveloped else frame

    def refusal(self, refusal: ChatError, client_id: str | None) -> bytes:
        frame = wire.refused(refusal, client_id)
        return wire.in_envelope(frame, "error") if self.serializer.enveloped else frame

    def refuse(self, refusal: ChatError, payload: bytes) -> None:
        self.socket.send_text(self.refusal(refusal, wire.client_id_of(payload)))

    async def _send_after_lookup(self, sending: wire.Sending) -> None:
        receiver_id = await self.connections.core.directory.find_id(sending.receiver)
        self.send(receiver_id, sending.content, sending.client_id)
