"""The native WebSocket, `/v1/ws`: its serializer, authentication, and the dispatch of frames."""

from collections.abc import Mapping, Sequence

from backchannel.chat import sync
from backchannel.chat.logins import Identity
from backchannel.delivery.connection_manager import ConnectionManager
from backchannel.delivery.serializer import CloseReason
from backchannel.dialects.native import client_frames, server_frames
from backchannel.dialects.native.requests import NativeRequests
from backchannel.dialects.native.server_frames import CloseCode
from backchannel.dialects.native.wire import content_body
from backchannel.dialects.shared.handlers import WebSocketHandler, Work
from backchannel.domain.errors import ChatError, TokenExpired, Unauthenticated
from backchannel.domain.events import Event, EventKind, LogHead
from backchannel.domain.messages import Message
from backchannel.domain.signals import Partial, Presence, Signal, Typing
from backchannel.domain.times import iso_or_none
from backchannel.http.authentication import SUBPROTOCOL, find_token, identify
from backchannel.transports.deadlines import Deadlines
from backchannel.transports.websocket.endpoint import (
    Accepted,
    Endpoint,
    Refused,
    Socket,
    UpgradeRequest,
)

PATH = "/v1/ws"

_KINDS = {kind: kind.encode() for kind in EventKind}


class NativeSerializer:
    """Encodes events as frames; its clients keep a position and acknowledge it."""

    acknowledges = True
    expired = CloseReason(CloseCode.TOKEN_EXPIRED.code, CloseCode.TOKEN_EXPIRED.reason)
    logged_out = CloseReason(CloseCode.LOGGED_OUT.code, CloseCode.LOGGED_OUT.reason)

    def event(self, event: Event) -> tuple[bytes]:
        position = event.position
        frame = b'{"type":"event","position":%d,"previous":%d,%b'
        return (frame % (position, position - 1, _content(event)),)

    async def prepare(self, events: Sequence[Event]) -> None:
        """Do nothing: native frames contain ids only."""

    def page(self, events: Sequence[Event], position: int, *, more: bool) -> tuple[bytes]:
        entries = b",".join(
            b'{"position":%d,"previous":%d,%b' % (event.position, event.previous, _content(event))
            for event in events
        )
        frame = b'{"type":"sync","events":[%b],"position":%d,"more":%b}'
        return (frame % (entries, position, b"true" if more else b"false"),)

    def signal(self, signal: Signal) -> bytes | None:
        match signal.content:
            case Presence(user_id, online, last_seen_at):
                seen = iso_or_none(last_seen_at)
                frame = server_frames.Presence(user_id=user_id, online=online, last_seen_at=seen)
                return server_frames.encode(frame)
            case Typing(conversation_id, user_id, active):
                typing = server_frames.Typing(
                    conversation_id=conversation_id, user_id=user_id, active=active
                )
                return server_frames.encode(typing)
            case Partial(conversation_id, question_seq, text):
                partial = server_frames.Partial(
                    conversation_id=conversation_id, question_seq=question_seq, body=text
                )
                return server_frames.encode(partial)
            case _:
                return None  # handled by the hub

    def heartbeat(self, position: int) -> bytes:
        return server_frames.encode(server_frames.Heartbeat(position=position))

    def lagging(self, position: int) -> bytes:
        return server_frames.encode(server_frames.Lagging(position=position))

    def reset(self, head: LogHead, reason: str) -> bytes:
        return server_frames.encode(
            server_frames.Reset(reason=reason, epoch=head.epoch, position=head.position)
        )


def _content(event: Event) -> bytes:
    """The end of a log entry as JSON: the event, encoded once for all users who see the same."""
    payload = event.payload
    content = payload.content
    # Only the sender gets the client_id.
    own = isinstance(content, Message) and content.sender_id == event.user_id
    key = "native:own" if own else "native"
    encoded = payload.encoded.get(key)
    if encoded is None:
        data = server_frames.encode(content_body(content, event.user_id))
        encoded = payload.encoded[key] = b'"kind":"%b","data":%b}' % (_KINDS[payload.kind], data)
    return encoded


def endpoints(connections: ConnectionManager) -> Mapping[str, Endpoint]:
    """The native protocol's WebSocket, by path."""
    serializer = NativeSerializer()
    deadline = connections.core.policy.login_deadline
    unauthenticated = Deadlines(deadline, NativeHandler.hello_missed)

    async def accept(request: UpgradeRequest) -> Accepted | Refused:
        subprotocol = SUBPROTOCOL if request.subprotocols[:1] == (SUBPROTOCOL,) else None
        try:
            token = find_token(request.headers, request.query, request.subprotocols)
            if token is None:
                handler = NativeHandler(connections, serializer, unauthenticated)
                return Accepted(handler, subprotocol)
            identity = await identify(connections.core, token)
            connections.admit(identity.user_id)
            head = await sync.head(connections.core, identity.user_id)
        except ChatError as refusal:
            body = server_frames.error(refusal)
            return Refused(refusal.status, body, (("content-type", "application/json"),))
        handler = NativeHandler(connections, serializer, unauthenticated, (identity, head))
        return Accepted(handler, subprotocol)

    return {PATH: accept}


class NativeHandler(WebSocketHandler):
    """The socket of a single native client."""

    __slots__ = ("_authenticated", "_requests", "_unauthenticated", "serializer")

    def __init__(
        self,
        connections: ConnectionManager,
        serializer: NativeSerializer,
        unauthenticated: "Deadlines[NativeHandler]",
        authenticated: tuple[Identity, LogHead] | None = None,
    ) -> None:
        super().__init__(connections)
        self.serializer = serializer
        self._requests: NativeRequests | None = None
        self._authenticated = authenticated
        self._unauthenticated = unauthenticated

    def opened(self, socket: Socket) -> None:
        super().opened(socket)
        if self._authenticated is not None:
            identity, head = self._authenticated
            self._authenticated = None
            self._welcome(identity, head, position=head.position)
        else:
            self._unauthenticated.add(self)

    def closed(self, code: int, reason: str) -> None:
        self._unauthenticated.discard(self)
        super().closed(code, reason)

    def handle(self, payload: bytes) -> Work | None:
        frame = client_frames.decode(payload)
        if self._requests is None:
            if isinstance(frame, client_frames.Hello):
                return self._hello(frame)
            raise Unauthenticated("say hello with a token first")
        return self._requests.start(frame)

    def refuse(self, refusal: ChatError, payload: bytes) -> None:
        ref, client_id = client_frames.name_of(payload)
        self.socket.send_text(server_frames.error(refusal, ref=ref, client_id=client_id))
        if isinstance(refusal, Unauthenticated) and self._requests is None:
            expired = isinstance(refusal, TokenExpired)
            close = CloseCode.TOKEN_EXPIRED if expired else CloseCode.UNAUTHENTICATED
            self.socket.close(close.code, close.reason)

    async def _hello(self, frame: client_frames.Hello) -> None:
        identity = await identify(self.connections.core, frame.token)
        head = await sync.head(self.connections.core, identity.user_id)
        position = head.position if frame.position is None else frame.position
        reason = sync.reset_reason(head, frame.epoch, position)
        position = head.position if reason else position
        self._welcome(identity, head, position=position, reset=reason)

    def _welcome(
        self, identity: Identity, head: LogHead, *, position: int, reset: str | None = None
    ) -> None:
        self.connections.admit(identity.user_id)
        self._unauthenticated.discard(self)
        self.socket.identify(identity.user_id)
        welcome = server_frames.welcome(identity.user_id, identity.username, head)
        self.socket.send_text(welcome)
        if reset is not None:
            self.socket.send_text(self.serializer.reset(head, reset))
        connection = self.connections.connect(
            identity.user_id,
            identity.login_id,
            identity.expires_at,
            socket=self.socket,
            serializer=self.serializer,
            position=position,
        )
        self.connection = connection
        self._requests = NativeRequests(self, identity, connection)

    def hello_missed(self) -> None:
        """Close the socket of a client that has not logged in by the deadline."""
        self.socket.close(CloseCode.HELLO_TIMEOUT.code, CloseCode.HELLO_TIMEOUT.reason)
