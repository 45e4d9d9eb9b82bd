"""The events of this dialect: `connection`, `join-session` and `message`."""

from collections.abc import Collection, Sequence
from typing import cast

import msgspec

from backchannel.chat import sessions
from backchannel.chat.send import draft
from backchannel.dialects.echo_sessions import errors
from backchannel.dialects.echo_sessions.bodies import echoed
from backchannel.dialects.shared.authentication import find_token
from backchannel.dialects.shared.faults import Fault
from backchannel.dialects.shared.in_order import Work
from backchannel.dialects.shared.validation import convert
from backchannel.dialects.socketio.dialect import Client, Emitted, once
from backchannel.domain.errors import Invalid
from backchannel.domain.events import Fact
from backchannel.domain.ids import RESPONDER_ID, session_conversation_id
from backchannel.domain.messages import Message, MessageKind
from backchannel.domain.times import iso
from backchannel.ports.storage import Stored
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

    Who joins a session, or says something in it, hears what the server says there. Its rooms
    are called by the conversation's id and, after a space, the name the client knows it by.
    """

    admits_strangers = True

    def claims(self, emitted: Emitted) -> bool:
        if emitted.name == MESSAGE:
            argument = cast("object", emitted.argument)
            return isinstance(argument, dict) and "sessionId" in argument
        return emitted.name in {CONNECTION, JOIN}

    def handle(self, client: Client, emitted: Emitted) -> Work | None:
        if emitted.name == MESSAGE:
            return _send(client, emitted)
        return (_log_in if emitted.name == CONNECTION else _join)(client, emitted)

    def packets(self, fact: Fact, message: Message, rooms: Collection[str]) -> Sequence[bytes]:
        if message.sender_id != RESPONDER_ID:
            return ()
        place = f"{message.conversation_id} "
        session_id = next((room[len(place) :] for room in rooms if room.startswith(place)), None)
        if session_id is None:
            return ()
        return (once(fact, "echo_sessions", lambda: _packet(message, session_id)),)

    def refused(self, fault: Fault) -> object:
        return {"ok": False, **errors.body(errors.in_their_words(fault))}


async def _log_in(client: Client, emitted: Emitted) -> None:
    given = emitted.argument
    token = find_token({"authorization": given}) if isinstance(given, str) else None
    if token is None:
        raise Invalid("the argument of connection must be a token", field="token")
    await client.log_in(token)
    _answer(emitted.ack, userId=client.identity.user_id)


async def _join(client: Client, emitted: Emitted) -> None:
    session_id = emitted.argument
    if not isinstance(session_id, str):
        raise Invalid("the argument of join-session must be a session's id", field="sessionId")
    await _enter(client, session_id)
    _answer(emitted.ack, sessionId=session_id)


def _send(client: Client, emitted: Emitted) -> Work | None:
    sending = convert(emitted.argument, _Sending)
    if _room(client, sending.session_id) in client.rooms:
        _submit(client, emitted, sending)
        return None
    return _enter_and_submit(client, emitted, sending)


async def _enter_and_submit(client: Client, emitted: Emitted, sending: _Sending) -> None:
    await _enter(client, sending.session_id)
    _submit(client, emitted, sending)


async def _enter(client: Client, session_id: str) -> None:
    """Be in the user's session of that name, which is made if there is none."""
    room = _room(client, session_id)
    if room not in client.rooms and len(client.rooms) >= JOINED_LIMIT:
        raise Invalid(f"a socket may be in {JOINED_LIMIT} sessions", field="sessionId")
    await sessions.open_session(client.desk.core, client.identity.user_id, key=session_id)
    client.rooms.add(room)


def _submit(client: Client, emitted: Emitted, sending: _Sending) -> None:
    user_id = client.identity.user_id
    ack, session_id = emitted.ack, sending.session_id

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
    client.submit(drafted, emitted, stored)


def _room(client: Client, session_id: str) -> str:
    return f"{session_conversation_id(client.identity.user_id, session_id)} {session_id}"


def _packet(message: Message, session_id: str) -> bytes:
    """The packet of an answer; a missing answer becomes an error."""
    told = echoed(message, session_id)
    if message.kind == MessageKind.FAILURE:
        return encode_event(ERROR, {"message": message.body, **msgspec.to_builtins(told)})
    return encode_event(MESSAGE, told)


def _answer(ack: Ack | None, **data: str) -> None:
    if ack is not None:
        ack({"ok": True, **data})
