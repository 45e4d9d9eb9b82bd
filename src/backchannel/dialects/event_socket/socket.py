"""The WebSocket `/websocket`: who may open it, and what each frame asks for."""

from collections.abc import Mapping

from backchannel.chat.logins import Identity
from backchannel.chat.send import draft
from backchannel.delivery.switchboard import Switchboard
from backchannel.dialects.event_socket import wire
from backchannel.dialects.event_socket.voice import EventSocketVoice
from backchannel.dialects.shared.cursorless_line import CursorlessLine, endpoint
from backchannel.dialects.shared.in_order import Work
from backchannel.domain import access
from backchannel.domain.errors import ChatError
from backchannel.ports.storage import Stored
from backchannel.transports.websocket.endpoint import Endpoint

PATH = "/websocket"


def endpoints(desk: Switchboard) -> Mapping[str, Endpoint]:
    """The WebSocket of this dialect, by path."""
    return {PATH: endpoint(desk, EventSocketLine)}


class EventSocketLine(CursorlessLine[EventSocketVoice]):
    """The socket of a single client. A client that sends envelopes is answered in envelopes."""

    __slots__ = ()

    def __init__(self, desk: Switchboard, identity: Identity, delivered: int) -> None:
        super().__init__(desk, identity, delivered, EventSocketVoice(desk.core.directory))

    def handle(self, payload: bytes) -> Work | None:
        body, self.voice.enveloped = wire.unwrapped(payload)
        sending = wire.decode(body)
        sending.require_own(self.identity)
        receiver_id = self.desk.core.directory.known_id(sending.receiver)
        if receiver_id is None:
            return self._send_after_lookup(sending)
        self._send(sending, receiver_id)
        return None

    def acknowledgement(self, stored: Stored, client_id: str | None) -> bytes:
        fact = stored.events[0].fact if stored.events else None
        frame = wire.acknowledged(self.voice.frame(fact, stored.message), client_id)
        return wire.in_envelope(frame) if self.voice.enveloped else frame

    def refusal(self, refusal: ChatError, client_id: str | None) -> bytes:
        frame = wire.refused(refusal, client_id)
        return wire.in_envelope(frame, "error") if self.voice.enveloped else frame

    def refuse(self, refusal: ChatError, payload: bytes) -> None:
        self.socket.send_text(self.refusal(refusal, wire.client_id_of(payload)))

    async def _send_after_lookup(self, sending: wire.Sending) -> None:
        self._send(sending, await self.desk.core.directory.find_id(sending.receiver))

    def _send(self, sending: wire.Sending, receiver_id: str) -> None:
        access.require_other(self.identity.user_id, receiver_id, field="receiver")
        drafted = draft(
            self.identity.user_id,
            receiver_id,
            sending.content,
            client_id=sending.client_id,
            field="content",
        )
        self.submit(drafted, sending.client_id)
