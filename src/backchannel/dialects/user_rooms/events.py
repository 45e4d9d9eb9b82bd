"""The events of this dialect: `join` and `chat message`, also inside of `message`."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

import msgspec

from backchannel.dialects.shared.handlers import Work
from backchannel.dialects.shared.messages import SenderClaim
from backchannel.dialects.socketio import sending
from backchannel.dialects.socketio.dialect import Client, ClientEvent, encoded_once
from backchannel.dialects.user_rooms import wire
from backchannel.domain.errors import Invalid
from backchannel.domain.events import EventPayload
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message
from backchannel.domain.signals import Rejected
from backchannel.http.errors import ErrorInfo, message_and_error
from backchannel.http.validation import convert, decode
from backchannel.ports.storage.values import Stored
from backchannel.transports.socketio.packets import encode_event

JOIN = "join"
CHAT_MESSAGE = "chat message"
ENVELOPE = "message"

T = TypeVar("T")


class _Enveloped(msgspec.Struct):
    event: str
    data: Any = None


class UserRooms:
    """Implements `socketio.dialect.Dialect`.

    Every user has a room, which all sockets of the user are in from the beginning: joining it
    changes nothing, and no other one can be joined.
    """

    accepts_unauthenticated = False

    def claims(self, event: ClientEvent) -> bool:
        if event.name != ENVELOPE:
            return event.name in {JOIN, CHAT_MESSAGE}
        argument = event.argument
        return isinstance(argument, str) or (isinstance(argument, dict) and "event" in argument)

    def handle(self, client: Client, event: ClientEvent) -> Work | None:
        name, data = _opened(event)
        if name == CHAT_MESSAGE:
            return self._send(client, event, data)
        if name != JOIN:
            raise Invalid(f"event must be {JOIN!r} or {CHAT_MESSAGE!r}", field="event")
        self._join(client, event, data)
        return None

    def packets(
        self,
        payload: EventPayload,
        message: Message,
        rooms: Collection[str],  # noqa: ARG002 - the same in all rooms
    ) -> Sequence[bytes]:
        if message.sender_id == RESPONDER_ID:
            return ()
        return (encoded_once(payload, "user_rooms", lambda: _packet(message)),)

    def rejected(self, rejected: Rejected) -> None:
        """Return None: this dialect accepts nothing that is not stored."""

    def refused(self, error: ErrorInfo) -> object:
        return message_and_error(error)

    def _join(self, client: Client, event: ClientEvent, data: object) -> None:
        if not isinstance(data, str):
            raise Invalid("the data of join must be your user id", field="data")
        SenderClaim(sender=data).require_own(client.identity)
        if event.ack is not None:
            event.ack({"message": "Joined", "userId": client.identity.user_id})

    def _send(self, client: Client, event: ClientEvent, data: object) -> Work | None:
        wanted = _as(wire.Sending, data)
        wanted.require_own(client.identity)

        ack = event.ack

        def stored(outcome: Stored) -> None:
            if ack is not None:
                ack(wire.Sent(wire.message_body(outcome.message)))

        outgoing = sending.OutgoingMessage(wanted.receiver, wanted.content, wanted.client_id)
        return sending.submit(client, event, outgoing, stored)


def _opened(event: ClientEvent) -> tuple[str, object]:
    """The event and its data, taken out of the envelope if there is one. Raises `Invalid`."""
    if event.name != ENVELOPE:
        return event.name, event.argument
    enveloped = _as(_Enveloped, event.argument)
    return enveloped.event, enveloped.data


def _as(expected: type[T], data: object) -> T:
    """An object, or the JSON text of one, as the expected type. Raises `Invalid`."""
    if isinstance(data, str):
        return decode(data.encode("utf-8", "replace"), msgspec.json.Decoder(expected))
    return convert(data, expected)


def _packet(message: Message) -> bytes:
    return encode_event(CHAT_MESSAGE, wire.message_body(message))
