"""A socket of a dialect whose clients know no positions: its upgrade, and what it sends."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from backchannel.chat.core import Core
from backchannel.chat.group_commit import Outcome
from backchannel.chat.logins import Identity
from backchannel.chat.send import submit
from backchannel.delivery.switchboard import Switchboard
from backchannel.dialects.shared.authentication import SUBPROTOCOL
from backchannel.dialects.shared.cursorless_voice import CursorlessVoice
from backchannel.dialects.shared.faults import refusal
from backchannel.dialects.shared.handshake import identify_upgrade, refused
from backchannel.dialects.shared.line import Line
from backchannel.domain.errors import ChatError
from backchannel.domain.messages import Draft
from backchannel.ports.storage import Stored
from backchannel.transports.websocket.endpoint import (
    Accepted,
    Endpoint,
    Refused,
    Socket,
    UpgradeRequest,
)

V = TypeVar("V", bound=CursorlessVoice)


class CursorlessLine(Line, Generic[V]):
    """Begins at what no device of its user has received yet: `delivered` is a log position."""

    __slots__ = ("_delivered", "identity", "voice")

    def __init__(self, desk: Switchboard, identity: Identity, delivered: int, voice: V) -> None:
        super().__init__(desk)
        self.identity = identity
        self._delivered = delivered
        self.voice = voice

    @abstractmethod
    def acknowledgement(self, stored: Stored, client_id: str | None) -> bytes:
        """The frame that tells the sending socket that its message is durable."""

    @abstractmethod
    def refusal(self, refusal: ChatError, client_id: str | None) -> bytes:
        """The frame that tells it that the message is not."""

    def opened(self, socket: Socket) -> None:
        super().opened(socket)
        socket.identify(self.identity.user_id)
        self.connection = self.desk.connect(
            self.identity.user_id,
            self.identity.login_id,
            self.identity.expires_at,
            sink=socket,
            voice=self.voice,
            cursor=self._delivered,
        )

    def submit(self, drafted: Draft, client_id: str | None) -> None:
        """Store a draft; the socket is answered once it is durable or refused (rule R1)."""

        def reply(outcome: Outcome) -> None:
            if isinstance(outcome, ChatError):
                self.socket.send_text(self.refusal(outcome, client_id))
                return
            if self.connection is not None:
                self.voice.answered(self.connection, outcome.events)
            self.socket.send_text(self.acknowledgement(outcome, client_id))

        submit(self.desk.core, drafted, reply)


async def delivered_position(core: Core, user_id: str) -> int:
    """The position up to which a device of the user has received everything, as of now."""
    reached = core.receipts.reached(user_id)
    return max(reached, await core.storage.delivered_position(user_id))


OpenLine = Callable[[Switchboard, Identity, int], CursorlessLine[Any]]


def endpoint(desk: Switchboard, open_line: OpenLine) -> Endpoint:
    """Accepts clients with a valid token, and refuses all others before the upgrade."""
    core = desk.core

    async def accept(request: UpgradeRequest) -> Accepted | Refused:
        try:
            identity = await identify_upgrade(core, request)
            delivered = await delivered_position(core, identity.user_id)
            desk.admit(identity.user_id)
        except ChatError as error:
            return refused(refusal(error))
        core.directory.learn(identity.user_id, identity.username)
        agreed = SUBPROTOCOL if request.subprotocols[:1] == (SUBPROTOCOL,) else None
        return Accepted(open_line(desk, identity, delivered), agreed)

    return accept
