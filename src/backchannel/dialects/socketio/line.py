"""A Socket.IO client: its identity, the dispatch of its events to dialects, and the replies."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from backchannel.chat.group_commit import Outcome
from backchannel.chat.logins import Identity
from backchannel.chat.send import submit
from backchannel.delivery.switchboard import Switchboard
from backchannel.dialects.shared.authentication import identify
from backchannel.dialects.shared.cursorless_line import delivered_position
from backchannel.dialects.shared.faults import message_and_error, refusal
from backchannel.dialects.shared.in_order import InOrder, Work
from backchannel.dialects.shared.validation import SHOWN
from backchannel.dialects.socketio.dialect import Dialect, Emitted
from backchannel.dialects.socketio.recovery import Begin
from backchannel.dialects.socketio.voice import SocketIoVoice
from backchannel.domain.errors import ChatError, Invalid, Unauthenticated
from backchannel.domain.messages import Draft
from backchannel.ports.storage import Stored
from backchannel.transports.socketio.endpoint import Ack, Socket
from backchannel.transports.websocket.close import NORMAL

ERROR = "error"
"""The event that tells a client without a callback what was not done."""


class Admitted(msgspec.Struct, frozen=True):
    """A client's identity and its starting point."""

    identity: Identity
    begin: Begin


class SocketIoLine(InOrder[Emitted, Socket]):
    """Implements `Handler` of the Socket.IO seam, and `Client` for the dialects."""

    __slots__ = (
        "__weakref__",
        "_admitted",
        "_dialects",
        "_identity",
        "_voice",
        "rooms",
    )

    def __init__(
        self, desk: Switchboard, dialects: Sequence[Dialect], admitted: Admitted | None
    ) -> None:
        super().__init__(desk)
        self.rooms: set[str] = set()
        self._dialects = dialects
        self._admitted = admitted
        self._identity: Identity | None = None
        recovered = admitted is not None and admitted.begin.recovered
        self._voice = SocketIoVoice(
            dialects, self.rooms, recovers=admitted is not None, recovered=recovered
        )

    # ----------------------------------------------------- what happens on the socket

    def opened(self, socket: Socket) -> None:
        super().opened(socket)
        admitted, self._admitted = self._admitted, None
        if admitted is not None:
            self._admit(admitted.identity, admitted.begin.position)

    def event_received(self, name: str, args: list[Any], ack: Ack | None) -> None:
        self.received(Emitted(name, args, ack))

    def closed(self, reason: str) -> None:  # noqa: ARG002 - the seam's signature
        self.left()

    # ------------------------------------------------------------- what is asked for

    def handle(self, emitted: Emitted) -> Work | None:
        dialect = self._dialect_of(emitted)
        if dialect is None:
            raise Invalid(f"unknown event {emitted.name[:SHOWN]!r}", field="event")
        return dialect.handle(self, emitted)

    def refuse(self, refused: ChatError, emitted: Emitted) -> None:
        self._answer(refused, self._dialect_of(emitted), emitted.ack)

    def _answer(self, refused: ChatError, dialect: Dialect | None, ack: Ack | None) -> None:
        fault = refusal(refused)
        if ack is None:
            self.socket.emit(ERROR, message_and_error(fault))
        else:
            ack(message_and_error(fault) if dialect is None else dialect.refused(fault))

    def _dialect_of(self, emitted: Emitted) -> Dialect | None:
        return next((each for each in self._dialects if each.claims(emitted)), None)

    # -------------------------------------------------------- what dialects ask for

    @property
    def identity(self) -> Identity:
        """The user and login of this socket. Raises `Unauthenticated` before the login."""
        if self._identity is None:
            raise Unauthenticated("not logged in; connect with a token")
        return self._identity

    async def log_in(self, token: str) -> None:
        """Say whose socket this is, where the handshake did not. Raises `ChatError`."""
        identity = await identify(self.desk.core, token)
        if self._identity is None:
            delivered = await delivered_position(self.desk.core, identity.user_id)
            self._admit(identity, delivered)
        elif identity.user_id != self._identity.user_id:
            raise Invalid("this socket is another user's already", field="token")

    def submit(self, drafted: Draft, emitted: Emitted, stored: Callable[[Stored], object]) -> None:
        """Store a draft; the client is answered once it is durable or refused (rule R1)."""
        # Until then nothing of the event is held but its text.
        dialect, ack = self._dialect_of(emitted), emitted.ack

        def reply(outcome: Outcome) -> None:
            if isinstance(outcome, ChatError):
                self._answer(outcome, dialect, ack)
                return
            connection = self.connection
            if connection is not None:
                self._voice.answered(connection, outcome.events)
            stored(outcome)
            if connection is not None:
                self._voice.mark(self.socket, connection.cursor)

        submit(self.desk.core, drafted, reply)

    def send_text(self, payload: bytes) -> None:
        """Send a packet that is encoded already."""
        self.socket.send_text(payload)

    # -------------------------------------------------------------------- the login

    def give_way(self) -> None:
        """The client has come back on another socket: this one is dead, or soon will be."""
        self.left()
        self.socket.close(NORMAL, "came back")

    def _admit(self, identity: Identity, position: int) -> None:
        self.connection = self.desk.connect(
            identity.user_id,
            identity.login_id,
            identity.expires_at,
            sink=self.socket,
            voice=self._voice,
            cursor=position,
        )
        self._identity = identity
        self.socket.identify(identity.user_id)
        self.desk.core.directory.learn(identity.user_id, identity.username)
