"""The events of this dialect: `join` and `chat message`, also inside of `message`."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

import msgspec

from backchannel.dialects.shared.faults import Fault, message_and_error
from backchannel.dialects.shared.in_order import Work
from backchannel.dialects.shared.sender import SenderClaim
from backchannel.dialects.shared.validation import convert, decode
from backchannel.dialects.socketio import sending
from backchannel.dialects.socketio.dialect import Client, Emitted, once
from backchannel.dialects.user_rooms import wire
from backchannel.domain.errors import Invalid
from backchannel.domain.events import Fact
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message
from backchannel.ports.storage import Stored
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

    Every user has a room, which all sockets of the user are in from the beginning: to join it
    changes nothing, and no other one can be joined.
    """

    admits_strangers = False

    def claims(self, emitted: Emitted) -> bool:
        if emitted.name != ENVELOPE:
            return emitted.name in {JOIN, CHAT_MESSAGE}
        argument = emitted.argument
        return isinstance(argument, str) or (isinstance(argument, dict) and "event" in argument)

    def handle(self, client: Client, emitted: Emitted) -> Work | None:
        name, data = _opened(emitted)
        if name == CHAT_MESSAGE:
            return self._send(client, emitted, data)
        if name != JOIN:
            raise Invalid(f"event must be {JOIN!r} or {CHAT_MESSAGE!r}", field="event")
        self._join(client, emitted, data)
        return None

    def packets(self, fact: Fact, message: Message, rooms: Collection[str]) -> Sequence[bytes]:  # noqa: ARG002 - the same in all rooms
        if message.sender_id == RESPONDER_ID:
            return ()
        return (once(fact, "user_rooms", lambda: _packet(message)),)

    def refused(self, fault: Fault) -> object:
        return message_and_error(fault)

    def _join(self, client: Client, emitted: Emitted, data: object) -> None:
        if not isinstance(data, str):
            raise Invalid("the data of join must be your user id", field="data")
        SenderClaim(sender=data).require_own(client.identity)
        if emitted.ack is not None:
            emitted.ack({"message": "Joined", "userId": client.identity.user_id})

    def _send(self, client: Client, emitted: Emitted, data: object) -> Work | None:
        wanted = _as(wire.Sending, data)
        wanted.require_own(client.identity)

        ack = emitted.ack

        def stored(outcome: Stored) -> None:
            if ack is not None:
                ack(wire.Sent(wire.message_body(outcome.message)))

        letter = sending.Letter(wanted.receiver, wanted.content, wanted.client_id)
        return sending.submit(client, emitted, letter, stored)


def _opened(emitted: Emitted) -> tuple[str, object]:
    """The event and its data, taken out of the envelope if there is one. Raises `Invalid`."""
    if emitted.name != ENVELOPE:
        return emitted.name, emitted.argument
    enveloped = _as(_Enveloped, emitted.argument)
    return enveloped.event, enveloped.data


def _as(expected: type[T], data: object) -> T:
    """An object, or the JSON text of one, as what it should be. Raises `Invalid`."""
    if isinstance(data, str):
        return decode(data.encode("utf-8", "replace"), msgspec.json.Decoder(expected))
    return convert(data, expected)


def _packet(message: Message) -> bytes:
    return encode_event(CHAT_MESSAGE, wire.message_body(message))
