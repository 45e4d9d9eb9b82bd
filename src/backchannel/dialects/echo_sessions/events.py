"""The events of this dialect: `connection`, `join-session` and `message`."""

from collections.abc import Collection, Sequence
from typing import cast

import msgspec

from backchannel.chat import sessions
from backchannel.chat.messages import draft
from backchannel.dialects.echo_sessions import wire
from backchannel.dialects.echo_sessions.wire import echoed
from backchannel.dialects.shared.handlers import Work
from backchannel.dialects.socketio.dialect import Client, ClientEvent, encoded_once
from backchannel.domain.errors import Invalid
from backchannel.domain.events import EventPayload
from backchannel.domain.ids import RESPONDER_ID, session_conversation_id
from backchannel.domain.messages import Message, MessageKind
from backchannel.domain.signals import Rejected
from backchannel.domain.times import iso
from backchannel.http.authentication import find_token
from backchannel.http.errors import ErrorInfo
from backchannel.http.validation import convert
from backchannel.ports.storage.values import Stored
from backchannel.transports.socketio.endpoint import Ack
from backchannel.transports.socketio.packets import encode_event

CONNECTION = "connection"
JOIN = "join-session"
MESSAGE = "message"
ERROR = "error"

JOINED_LIMIT = 200
"""Most sessions one socket may be in."""


class _Sending(msgspec.Struct, rename="camel"):
    """A message to send in a session. Unknown fields are ignored."""

    session_id: str
    content: str
    client_id: str | None = None


class EchoSessions:
    """Implements `socketio.dialect.Dialect`.

    A client that joins a session, or sends a message in it, gets the server's answers there. A
    room's name is the conversation's id, a space, and the name that the client uses for it.
    """

    accepts_unauthenticated = True

    def claims(self, event: ClientEvent) -> bool:
        if event.name == MESSAGE:
            argument = cast("object", event.argument)
            return isinstance(argument, dict) and "sessionId" in argument
        return event.name in {CONNECTION, JOIN}

    def handle(self, client: Client, event: ClientEvent) -> Work | None:
        if event.name == MESSAGE:
            return _send(client, event)
        return (_log_in if event.name == CONNECTION else _join)(client, event)

    def packets(
        self, payload: EventPayload, message: Message, rooms: Collection[str]
    ) -> Sequence[bytes]:
        if message.sender_id != RESPONDER_ID:
            return ()
        prefix = f"{message.conversation_id} "
        session_id = next((room[len(prefix) :] for room in rooms if room.startswith(prefix)), None)
        if session_id is None:
            return ()
        return (encoded_once(payload, "echo_sessions", lambda: _packet(message, session_id)),)

    def rejected(self, rejected: Rejected) -> None:
        """Return None: this dialect accepts nothing that is not stored."""

    def refused(self, error: ErrorInfo) -> object:
        return {"ok": False, **wire.body(wire.translated(error))}


async def _log_in(client: Client, event: ClientEvent) -> None:
    given = event.argument
    token = find_token({"authorization": given}) if isinstance(given, str) else None
    if token is None:
        raise Invalid("the argument of connection must be a token", field="token")
    await client.log_in(token)
    _answer(event.ack, userId=client.identity.user_id)


async def _join(client: Client, event: ClientEvent) -> None:
    session_id = event.argument
    if not isinstance(session_id, str):
        raise Invalid("the argument of join-session must be a session's id", field="sessionId")
    await _enter(client, session_id)
    _answer(event.ack, sessionId=session_id)


def _send(client: Client, event: ClientEvent) -> Work | None:
    sending = convert(event.argument, _Sending)
    if _room(client, sending.session_id) in client.rooms:
        _submit(client, event, sending)
        return None
    return _enter_and_submit(client, event, sending)


async def _enter_and_submit(client: Client, event: ClientEvent, sending: _Sending) -> None:
    await _enter(client, sending.session_id)
    _submit(client, event, sending)


async def _enter(client: Client, session_id: str) -> None:
    """Join the user's session with this name, which is created if there is none."""
    room = _room(client, session_id)
    if room not in client.rooms and len(client.rooms) >= JOINED_LIMIT:
        raise Invalid(f"a socket may be in at most {JOINED_LIMIT} sessions", field="sessionId")
    await sessions.open_session(client.connections.core, client.identity.user_id, key=session_id)
    client.rooms.add(room)


def _submit(client: Client, event: ClientEvent, sending: _Sending) -> None:
    user_id = client.identity.user_id
    ack, session_id = event.ack, sending.session_id

    def stored(outcome: Stored) -> None:
        message = outcome.message
        _answer(
            ack,
            sessionId=session_id,
            messageId=message.id,
            timestamp=iso(message.created_at),
        )

    drafted = draft(
        user_id,
        RESPONDER_ID,
        sending.content,
        conversation_id=session_conversation_id(user_id, sending.session_id),
        client_id=sending.client_id,
        field="content",
    )
    client.submit(drafted, event, stored)


def _room(client: Client, session_id: str) -> str:
    return f"{session_conversation_id(client.identity.user_id, session_id)} {session_id}"


def _packet(message: Message, session_id: str) -> bytes:
    """The packet of an answer; a missing answer becomes an error."""
    echo = echoed(message, session_id)
    if message.kind in (MessageKind.FAILURE, MessageKind.STOPPED):
        return encode_event(ERROR, {"message": message.body, **msgspec.to_builtins(echo)})
    return encode_event(MESSAGE, echo)


def _answer(ack: Ack | None, **data: str) -> None:
    if ack is not None:
        ack({"ok": True, **data})
