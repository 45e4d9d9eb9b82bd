"""The WebSocket `/chat`: its access, its frames in, and its frames out."""

from collections.abc import Mapping

from backchannel.chat.logins import Identity
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.dialects.chat_socket import wire
from backchannel.dialects.shared.auto_ack import AutoAckHandler, AutoAckSerializer, endpoint
from backchannel.dialects.shared.handlers import Work
from backchannel.dialects.shared.messages import acknowledged, client_id_of
from backchannel.domain.errors import ChatError, NotFound
from backchannel.domain.events import Event
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message
from backchannel.ports.storage.values import LogState, Stored
from backchannel.transports.websocket.endpoint import Endpoint

PATH = "/chat"


class ChatSocketSerializer(AutoAckSerializer):
    """Encodes the same frame for both users, since frames contain ids only."""

    __slots__ = ()

    def frames(self, event: Event, message: Message) -> tuple[bytes]:
        return (wire.delivered_once(event.payload, message),)


def endpoints(connections: ConnectionManager) -> Mapping[str, Endpoint]:
    """The WebSocket of this dialect, by path."""
    return {PATH: endpoint(connections, ChatSocketHandler)}


class ChatSocketHandler(AutoAckHandler[ChatSocketSerializer]):
    """The socket of a single client."""

    __slots__ = ()

    def __init__(self, connections: ConnectionManager, identity: Identity, state: LogState) -> None:
        serializer = ChatSocketSerializer(state.head.position)
        super().__init__(connections, identity, state.delivered_position, serializer)

    def handle(self, payload: bytes) -> Work | None:
        sending = wire.decode(payload)
        sending.require_own(self.identity)
        recipient_id = self._known_recipient(sending)
        if recipient_id is None:
            return self._send_after_lookup(sending)
        self._send(sending, recipient_id)
        return None

    def acknowledgement(self, stored: Stored, client_id: str | None) -> bytes:
        message = stored.message
        if stored.events:
            frame = wire.delivered_once(stored.events[0].payload, message)
        else:
            frame = wire.delivered(message)
        return acknowledged(frame, client_id)

    def refusal(self, refusal: ChatError, client_id: str | None) -> bytes:
        return wire.refused(refusal, client_id)

    def refuse(self, refusal: ChatError, payload: bytes) -> None:
        self.socket.send_text(wire.refused(refusal, client_id_of(payload)))

    def _known_recipient(self, sending: wire.Sending) -> str | None:
        directory = self.connections.core.directory
        if sending.receiver is not None:
            return directory.known_id(sending.receiver)
        return directory.known_peer(self.identity.user_id, sending.conversation_id or "")

    async def _send_after_lookup(self, sending: wire.Sending) -> None:
        directory = self.connections.core.directory
        if sending.receiver is not None:
            recipient_id = await directory.find_id(sending.receiver)
        else:
            conversation_id = sending.conversation_id or ""
            recipient_id = await directory.find_peer(self.identity.user_id, conversation_id)
        self._send(sending, recipient_id)

    def _send(self, sending: wire.Sending, recipient_id: str) -> None:
        if recipient_id == RESPONDER_ID:
            raise NotFound("conversation not found")  # a session belongs to another dialect
        self.send(recipient_id, sending.content, sending.client_id)
