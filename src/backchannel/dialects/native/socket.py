"""The native WebSocket, `/v1/ws`: who it is, and what each frame asks for."""

import asyncio
from collections.abc import Mapping

from backchannel.chat import sync
from backchannel.chat.logins import Identity
from backchannel.delivery.switchboard import Switchboard
from backchannel.dialects.native import client_frames as frames
from backchannel.dialects.native import replies
from backchannel.dialects.native.closing import Closing
from backchannel.dialects.native.requests import Requests
from backchannel.dialects.native.voice import NativeVoice
from backchannel.dialects.shared.authentication import SUBPROTOCOL, find_token, identify
from backchannel.dialects.shared.in_order import Work
from backchannel.dialects.shared.line import Line
from backchannel.domain.errors import ChatError, TokenExpired, Unauthenticated
from backchannel.domain.events import LogHead
from backchannel.transports.websocket.endpoint import (
    Accepted,
    Endpoint,
    Refused,
    Socket,
    UpgradeRequest,
)

PATH = "/v1/ws"


def endpoints(desk: Switchboard) -> Mapping[str, Endpoint]:
    """The native protocol's WebSocket, by path."""
    voice = NativeVoice()

    async def accept(request: UpgradeRequest) -> Accepted | Refused:
        token = find_token(request.headers, request.query, request.subprotocols)
        subprotocol = SUBPROTOCOL if request.subprotocols[:1] == (SUBPROTOCOL,) else None
        if token is None:
            return Accepted(NativeLine(desk, voice), subprotocol)
        try:
            identity = await identify(desk.core, token)
            desk.admit(identity.user_id)
            head = await sync.head(desk.core, identity.user_id)
        except ChatError as refusal:
            body = replies.error(refusal)
            return Refused(refusal.status, body, (("content-type", "application/json"),))
        return Accepted(NativeLine(desk, voice, (identity, head)), subprotocol)

    return {PATH: accept}


class NativeLine(Line):
    """The socket of a single native client."""

    __slots__ = ("_admitted", "_hello_deadline", "_requests", "voice")

    def __init__(
        self,
        desk: Switchboard,
        voice: NativeVoice,
        admitted: tuple[Identity, LogHead] | None = None,
    ) -> None:
        super().__init__(desk)
        self.voice = voice
        self._requests: Requests | None = None
        self._admitted = admitted
        self._hello_deadline: asyncio.TimerHandle | None = None

    def opened(self, socket: Socket) -> None:
        super().opened(socket)
        if self._admitted is not None:
            identity, head = self._admitted
            self._admitted = None
            self._welcome(identity, head, cursor=head.position)
        else:
            loop = asyncio.get_running_loop()
            patience = self.desk.core.policy.login_deadline
            self._hello_deadline = loop.call_later(patience, self._hello_missed)

    def closed(self, code: int, reason: str) -> None:
        self._stop_waiting()
        super().closed(code, reason)

    def handle(self, payload: bytes) -> Work | None:
        frame = frames.decode(payload)
        if self._requests is None:
            if isinstance(frame, frames.Hello):
                return self._hello(frame)
            raise Unauthenticated("say hello with a token first")
        return self._requests.start(frame)

    def refuse(self, refusal: ChatError, payload: bytes) -> None:
        ref, client_id = frames.name_of(payload)
        self.socket.send_text(replies.error(refusal, ref=ref, client_id=client_id))
        if isinstance(refusal, Unauthenticated) and self._requests is None:
            expired = isinstance(refusal, TokenExpired)
            closing = Closing.TOKEN_EXPIRED if expired else Closing.UNAUTHENTICATED
            self.socket.close(closing.code, closing.reason)

    async def _hello(self, frame: frames.Hello) -> None:
        identity = await identify(self.desk.core, frame.token)
        head = await sync.head(self.desk.core, identity.user_id)
        position = head.position if frame.position is None else frame.position
        reason = sync.reset_reason(head, frame.epoch, position)
        cursor = head.position if reason else position
        self._welcome(identity, head, cursor=cursor, reset=reason)

    def _welcome(
        self, identity: Identity, head: LogHead, *, cursor: int, reset: str | None = None
    ) -> None:
        self.desk.admit(identity.user_id)
        self._stop_waiting()
        self.socket.identify(identity.user_id)
        welcome = replies.welcome(identity.user_id, identity.username, head)
        self.socket.send_text(welcome)
        if reset is not None:
            self.voice.reset(self.socket, head, reset)
        connection = self.desk.connect(
            identity.user_id,
            identity.login_id,
            identity.expires_at,
            sink=self.socket,
            voice=self.voice,
            cursor=cursor,
        )
        self.connection = connection
        self._requests = Requests(self, identity, connection)

    def _hello_missed(self) -> None:
        self.socket.close(Closing.HELLO_TIMEOUT.code, Closing.HELLO_TIMEOUT.reason)

    def _stop_waiting(self) -> None:
        if self._hello_deadline is not None:
            self._hello_deadline.cancel()
            self._hello_deadline = None
