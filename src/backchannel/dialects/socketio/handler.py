"""A Socket.IO client: its identity, the dispatch of its events to dialects, and the replies."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from backchannel.chat import sync
from backchannel.chat.group_commit import Outcome
from backchannel.chat.logins import Identity
from backchannel.chat.messages import submit
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.dialects.shared.handlers import SerialHandler, Work
from backchannel.dialects.socketio.dialect import ClientEvent, Dialect
from backchannel.dialects.socketio.serializer import ResumePoint, SocketIoSerializer
from backchannel.domain.errors import ChatError, Invalid, Unauthenticated
from backchannel.domain.messages import Draft
from backchannel.http.authentication import identify
from backchannel.http.errors import message_and_error, refusal
from backchannel.http.validation import SHOWN
from backchannel.ports.storage.values import Stored
from backchannel.transports.socketio.endpoint import Ack, Socket
from backchannel.transports.websocket.close import NORMAL

ERROR = "error"
"""The event that carries an error to a client that gave no callback."""


class AuthenticatedStart(msgspec.Struct, frozen=True):
    """The identity of a client, and the point from which it resumes."""

    identity: Identity
    start: ResumePoint


class SocketIoHandler(SerialHandler[ClientEvent, Socket]):
    """Implements `transports.socketio.endpoint.Handler`, and `Client` for the dialects."""

    __slots__ = (
        "__weakref__",
        "_authenticated",
        "_dialects",
        "_identity",
        "_serializer",
        "rooms",
    )

    def __init__(
        self,
        connections: ConnectionManager,
        dialects: Sequence[Dialect],
        authenticated: AuthenticatedStart | None,
    ) -> None:
        super().__init__(connections)
        self.rooms: set[str] = set()
        self._dialects = dialects
        self._authenticated = authenticated
        self._identity: Identity | None = None
        self._serializer = SocketIoSerializer(
            dialects, self.rooms, recovers=authenticated is not None
        )

    # ----------------------------------------------- called by the Socket.IO transport

    def opened(self, socket: Socket) -> None:
        super().opened(socket)
        authenticated, self._authenticated = self._authenticated, None
        if authenticated is not None:
            start = authenticated.start
            self._admit(authenticated.identity, start.position, start.own_after)

    def event_received(self, name: str, args: list[Any], ack: Ack | None) -> None:
        self.received(ClientEvent(name, args, ack))

    def closed(self, reason: str) -> None:  # noqa: ARG002 - the interface's signature
        self.detach()

    # --------------------------------------------------- dispatch of events and errors

    def handle(self, event: ClientEvent) -> Work | None:
        dialect = self._dialect_of(event)
        if dialect is None:
            raise Invalid(f"unknown event {event.name[:SHOWN]!r}", field="event")
        return dialect.handle(self, event)

    def refuse(self, refused: ChatError, event: ClientEvent) -> None:
        self._answer(refused, self._dialect_of(event), event.ack)

    def _answer(self, refused: ChatError, dialect: Dialect | None, ack: Ack | None) -> None:
        info = refusal(refused)
        if ack is None:
            self.socket.emit(ERROR, message_and_error(info))
        else:
            ack(message_and_error(info) if dialect is None else dialect.refused(info))

    def _dialect_of(self, event: ClientEvent) -> Dialect | None:
        return next((each for each in self._dialects if each.claims(event)), None)

    # ------------------------------------------------------------ called by dialects

    @property
    def identity(self) -> Identity:
        """The user and login of this socket. Raises `Unauthenticated` before the login."""
        if self._identity is None:
            raise Unauthenticated("not logged in; connect with a token")
        return self._identity

    async def log_in(self, token: str) -> None:
        """Log in with a token that was not in the handshake. Raises `ChatError`."""
        identity = await identify(self.connections.core, token)
        if self._identity is None:
            state = await sync.log_state(self.connections.core, identity.user_id)
            self._admit(identity, state.delivered_position, state.head.position)
        elif identity.user_id != self._identity.user_id:
            raise Invalid("this socket already belongs to another user", field="token")

    def submit(
        self, drafted: Draft, event: ClientEvent, stored: Callable[[Stored], object]
    ) -> None:
        """Store a draft; the client is answered once it is durable or refused (rule R1)."""
        # The callback below keeps only these alive until the reply, not the whole event.
        dialect, ack, client_id = self._dialect_of(event), event.ack, drafted.client_id

        def reply(outcome: Outcome) -> None:
            self._serializer.note_answered(client_id)
            if isinstance(outcome, ChatError):
                self._answer(outcome, dialect, ack)
                return
            connection = self.connection
            if connection is not None:
                self._serializer.note_reply(connection, outcome.events)
            stored(outcome)
            if connection is not None:
                for packet in self._serializer.mark(connection.position):
                    self.socket.send_text(packet)

        submit(self.connections.core, drafted, reply)
        self._serializer.note_submitted(client_id)

    def send_text(self, payload: bytes) -> None:
        """Send an encoded packet."""
        self.socket.send_text(payload)

    # -------------------------------------------------------------------- the login

    def close_superseded(self) -> None:
        """Close this socket: the client has reconnected on another."""
        self.detach()
        self.socket.close(NORMAL, "came back")

    def _admit(self, identity: Identity, position: int, own_after: int) -> None:
        self._serializer.own_after = own_after
        self.connection = self.connections.connect(
            identity.user_id,
            identity.login_id,
            identity.expires_at,
            socket=self.socket,
            serializer=self._serializer,
            position=position,
        )
        self._identity = identity
        self.socket.identify(identity.user_id)
        self.connections.core.directory.learn(identity.user_id, identity.username)
