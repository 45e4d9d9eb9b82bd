"""The WebSocket `/chat`: who may open it, and what each frame asks for."""

from collections.abc import Mapping

from backchannel.chat.logins import Identity
from backchannel.chat.send import draft
from backchannel.delivery.switchboard import Switchboard
from backchannel.dialects.chat_socket import wire
from backchannel.dialects.chat_socket.voice import ChatSocketVoice
from backchannel.dialects.shared.cursorless_line import CursorlessLine, endpoint
from backchannel.dialects.shared.in_order import Work
from backchannel.domain import access
from backchannel.domain.errors import ChatError, NotFound
from backchannel.domain.ids import RESPONDER_ID
from backchannel.ports.storage import Stored
from backchannel.transports.websocket.endpoint import Endpoint

PATH = "/chat"


def endpoints(desk: Switchboard) -> Mapping[str, Endpoint]:
    """The WebSocket of this dialect, by path."""
    return {PATH: endpoint(desk, ChatSocketLine)}


class ChatSocketLine(CursorlessLine[ChatSocketVoice]):
    """The socket of a single client."""

    __slots__ = ()

    def __init__(self, desk: Switchboard, identity: Identity, delivered: int) -> None:
        super().__init__(desk, identity, delivered, ChatSocketVoice())

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
            frame = wire.delivered_once(stored.events[0].fact, message)
        else:
            frame = wire.delivered(message)
        return wire.acknowledged(frame, client_id)

    def refusal(self, refusal: ChatError, client_id: str | None) -> bytes:
        return wire.refused(refusal, client_id)

    def refuse(self, refusal: ChatError, payload: bytes) -> None:
        self.socket.send_text(wire.refused(refusal, wire.client_id_of(payload)))

    def _known_recipient(self, sending: wire.Sending) -> str | None:
        directory = self.desk.core.directory
        if sending.receiver is not None:
            return directory.known_id(sending.receiver)
        return directory.known_peer(self.identity.user_id, sending.conversation_id or "")

    async def _send_after_lookup(self, sending: wire.Sending) -> None:
        directory = self.desk.core.directory
        if sending.receiver is not None:
            recipient_id = await directory.find_id(sending.receiver)
        else:
            conversation_id = sending.conversation_id or ""
            recipient_id = await directory.find_peer(self.identity.user_id, conversation_id)
        self._send(sending, recipient_id)

    def _send(self, sending: wire.Sending, recipient_id: str) -> None:
        if recipient_id == RESPONDER_ID:
            raise NotFound("conversation not found")  # a session: another dialect's matter
        access.require_other(self.identity.user_id, recipient_id, field="receiver")
        drafted = draft(
            self.identity.user_id,
            recipient_id,
            sending.content,
            client_id=sending.client_id,
            field="content",
        )
        self.submit(drafted, sending.client_id)
