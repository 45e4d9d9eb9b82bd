"""Sockets of clients that know no positions: the upgrade, the frames in, and the frames out."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from backchannel.chat import sync
from backchannel.chat.group_commit import Outcome
from backchannel.chat.logins import Identity
from backchannel.chat.messages import draft, submit
from backchannel.delivery.connection import Connection
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.delivery.serializer import CloseReason
from backchannel.dialects.shared.handlers import WebSocketHandler
from backchannel.domain.errors import ChatError
from backchannel.domain.events import Event, EventKind, LogHead
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message
from backchannel.domain.signals import Signal
from backchannel.http.authentication import SUBPROTOCOL, identify_upgrade, refused
from backchannel.http.errors import refusal
from backchannel.ports.storage.values import LogState, Stored
from backchannel.transports.websocket.close import POLICY_VIOLATION
from backchannel.transports.websocket.endpoint import (
    Accepted,
    Endpoint,
    Refused,
    Socket,
    UpgradeRequest,
)


class _WithoutSignals:
    """The frames that these dialects do not have."""

    __slots__ = ()

    async def prepare(self, events: Sequence[Event]) -> None:
        """Do nothing, unless a dialect identifies users by name."""

    def signal(self, signal: Signal) -> bytes | None:  # noqa: ARG002 - nothing is sent
        """Return None: these dialects have no typing or presence."""
        return None

    def heartbeat(self, position: int) -> None:
        """Return None: these clients do not know positions."""

    def lagging(self, position: int) -> None:
        """Return None: a slow reader's messages wait in the log."""

    def reset(self, head: LogHead, reason: str) -> None:
        """Return None: these clients have no position that could become invalid."""


class AutoAckSerializer(_WithoutSignals, ABC):
    """Implements `delivery.serializer.Serializer` for one socket.

    It pushes the messages of others, beginning with those that no device of the user has received
    yet, and the messages that the user sends from other devices once this one is connected. All
    other entries of the log only move the position.
    """

    __slots__ = ("_already_sent", "_unanswered", "own_after")

    acknowledges = False
    expired = CloseReason(POLICY_VIOLATION, "token expired; log in again and reconnect")
    logged_out = CloseReason(POLICY_VIOLATION, "logged out")

    def __init__(self, own_after: int) -> None:
        """`own_after` is the position of the log before the client learned that it is connected.

        The user's own messages after it are sent, however late the log is read: the client may
        fetch those before it as soon as it is connected (rule R5).
        """
        self.own_after = own_after
        self._already_sent: set[int] = set()
        self._unanswered: set[str] = set()
        """The client ids of this socket's own messages whose replies are still to come."""

    @abstractmethod
    def frames(self, event: Event, message: Message) -> Sequence[bytes]:
        """The frames of a message, cached in `payload.encoded` for the other sockets."""

    def can_encode(self, message: Message) -> bool:  # noqa: ARG002 - for those who need names
        """True if `frames` needs no `prepare` for this message."""
        return True

    def note_submitted(self, client_id: str) -> None:
        """Note a message of this socket: its reply delivers it, even if the log has it earlier."""
        self._unanswered.add(client_id)

    def note_answered(self, client_id: str) -> None:
        """A message of this socket was stored, or refused: the reply is on its way."""
        self._unanswered.discard(client_id)

    def note_reply(self, connection: Connection, events: Sequence[Event]) -> None:
        """Note that the reply to this socket's request contains these events of sending."""
        if events:
            own = events[0]  # the sender's own comes first
            connection.note_sent(own)
            if connection.position < own.position:
                self._already_sent.add(own.position)

    def event(self, event: Event) -> Sequence[bytes] | None:
        message = self._new_message(event)
        if message is None:
            return ()
        return self.frames(event, message) if self.can_encode(message) else None

    def page(self, events: Sequence[Event], position: int, *, more: bool) -> list[bytes]:  # noqa: ARG002 - the port's signature
        frames: list[bytes] = []
        for event in events:
            message = self._new_message(event)
            if message is not None:
                frames += self.frames(event, message)
        return frames

    def _new_message(self, event: Event) -> Message | None:
        """The message of this event, if this socket is to get it and has not yet."""
        payload = event.payload
        message = payload.content
        if payload.kind != EventKind.MESSAGE or not isinstance(message, Message):
            return None
        if message.deleted_at is not None:
            return None  # a late device never shows deleted text (rule R7)
        return message if self.is_for_client(event, message) else None

    def is_for_client(self, event: Event, message: Message) -> bool:
        """True if a message that is not deleted is sent to this socket."""
        if RESPONDER_ID in (message.sender_id, message.recipient_id):
            return False  # a session is not a chat of two people
        return message.sender_id != event.user_id or self._sent_elsewhere(event, message)

    def _sent_elsewhere(self, event: Event, message: Message) -> bool:
        """True if another device has sent this since this one was connected."""
        if event.position in self._already_sent:
            self._already_sent.discard(event.position)
            return False
        return event.position > self.own_after and message.client_id not in self._unanswered


V = TypeVar("V", bound=AutoAckSerializer)


class AutoAckHandler(WebSocketHandler, Generic[V]):
    """Begins with the first event that no device of its user has received."""

    __slots__ = ("_delivered_position", "identity", "serializer")

    def __init__(
        self,
        connections: ConnectionManager,
        identity: Identity,
        delivered_position: int,
        serializer: V,
    ) -> None:
        super().__init__(connections)
        self.identity = identity
        self._delivered_position = delivered_position
        self.serializer = serializer

    @abstractmethod
    def acknowledgement(self, stored: Stored, client_id: str | None) -> bytes:
        """The frame for the sending socket when its message is durable."""

    @abstractmethod
    def refusal(self, refusal: ChatError, client_id: str | None) -> bytes:
        """The frame for the sending socket when its message was refused."""

    def opened(self, socket: Socket) -> None:
        super().opened(socket)
        socket.identify(self.identity.user_id)
        self.connection = self.connections.connect(
            self.identity.user_id,
            self.identity.login_id,
            self.identity.expires_at,
            socket=socket,
            serializer=self.serializer,
            position=self._delivered_position,
        )

    def send(self, recipient_id: str, content: str, client_id: str | None) -> None:
        """Store a message; the socket is answered once it is durable or refused (rule R1).

        Raises `ChatError`.
        """
        sender_id = self.identity.user_id
        drafted = draft(
            sender_id,
            recipient_id,
            content,
            client_id=client_id,
            field="content",
            recipient_field="receiver",
        )

        key = drafted.client_id

        def reply(outcome: Outcome) -> None:
            self.serializer.note_answered(key)
            if isinstance(outcome, ChatError):
                self.socket.send_text(self.refusal(outcome, client_id))
                return
            if self.connection is not None:
                self.serializer.note_reply(self.connection, outcome.events)
            self.socket.send_text(self.acknowledgement(outcome, client_id))

        submit(self.connections.core, drafted, reply)
        self.serializer.note_submitted(key)


OpenHandler = Callable[[ConnectionManager, Identity, LogState], AutoAckHandler[Any]]


def endpoint(connections: ConnectionManager, open_handler: OpenHandler) -> Endpoint:
    """Accepts clients with a valid token, and refuses all others before the upgrade."""
    core = connections.core

    async def accept(request: UpgradeRequest) -> Accepted | Refused:
        try:
            identity = await identify_upgrade(core, request)
            state = await sync.log_state(core, identity.user_id)
            connections.admit(identity.user_id)
        except ChatError as error:
            return refused(refusal(error))
        core.directory.learn(identity.user_id, identity.username)
        agreed = SUBPROTOCOL if request.subprotocols[:1] == (SUBPROTOCOL,) else None
        return Accepted(open_handler(connections, identity, state), agreed)

    return accept
