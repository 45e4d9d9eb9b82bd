"""The serializer for Socket.IO clients, and their connection state recovery.

Node servers remember packets for two minutes. Here the user's log is the memory, so nothing else is
kept, and a client recovers after a restart as well. It names the last packet that it got: clients
keep the last argument of the last event that ended in a string. Node servers append it to every
event, which breaks handlers that take exactly what their document says; here it comes as a separate
event, which clients keep in the same way, and which no client handles.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Collection, Sequence

import msgspec

from backchannel.chat import sync
from backchannel.dialects.shared.auto_ack import AutoAckSerializer
from backchannel.dialects.socketio.dialect import Dialect
from backchannel.domain.events import Event
from backchannel.domain.ids import RESPONDER_ID
from backchannel.domain.messages import Message
from backchannel.domain.signals import Rejected, Signal
from backchannel.ports.storage.values import LogState
from backchannel.transports.socketio.endpoint import ConnectRequest
from backchannel.transports.socketio.packets import encode_event

OFFSET_EVENT = "offset"
"""The event whose only argument is the client's position in its user's log."""
_NONCE_BYTES = 12
_DIGITS = 18
"""Longest text that is read as a position."""


class ResumePoint(msgspec.Struct, frozen=True):
    """The starting point of a client: its private and public ids, and its position in the log.

    It is sent its user's own messages after `own_after`.
    """

    pid: str
    sid: str
    position: int
    own_after: int
    recovered: bool


def resume_point(user_id: str, request: ConnectRequest, state: LogState) -> ResumePoint:
    """The position after which this client resumes, or starts again at the delivered position."""
    head = state.head
    tie = _digest(f"{user_id}:{head.epoch}")
    position = _position(request.offset)
    pid = request.pid
    if pid is None or position is None or not _tied(pid, tie):
        recovered = False
    else:
        recovered = sync.reset_reason(head, head.epoch, position) is None
    if pid is None or position is None or not recovered:
        pid = f"{secrets.token_urlsafe(_NONCE_BYTES)}.{tie}"
        start = state.delivered_position
        return ResumePoint(pid, _digest(pid), start, head.position, recovered=False)
    return ResumePoint(pid, _digest(pid), position, position, recovered=True)


def offset(position: int) -> bytes:
    """The packet with the client's position, from which it can recover."""
    return encode_event(OFFSET_EVENT, str(position))


def _tied(pid: str, tie: str) -> bool:
    """True if an id was issued to this user for this log; it says nothing of other logs."""
    return pid.isascii() and secrets.compare_digest(pid.rpartition(".")[2], tie)


def _position(text: str | None) -> int | None:
    plausible = text is not None and text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return int(text) if plausible and text is not None else None


def _digest(text: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:15]).decode()


class SocketIoSerializer(AutoAckSerializer):
    """Also sends its position to a client that can recover.

    A client that recovers also gets the messages that its user sent elsewhere meanwhile.
    """

    __slots__ = ("_dialects", "_marked", "_recovers", "_rooms")

    def __init__(
        self,
        dialects: Sequence[Dialect],
        rooms: Collection[str],
        *,
        recovers: bool,
    ) -> None:
        super().__init__(own_after=0)  # set at the login
        self._dialects = dialects
        self._rooms = rooms
        self._recovers = recovers
        self._marked = -1

    def frames(self, event: Event, message: Message) -> list[bytes]:
        packets: list[bytes] = []
        for dialect in self._dialects:
            packets += dialect.packets(event.payload, message, self._rooms)
        packets += self.mark(event.position)
        return packets

    def is_for_client(self, event: Event, message: Message) -> bool:
        if message.sender_id == RESPONDER_ID:
            return True  # the dialect knows which clients have joined the session
        return super().is_for_client(event, message)

    def signal(self, signal: Signal) -> bytes | None:
        if not isinstance(signal.content, Rejected):
            return None
        packets = (dialect.rejected(signal.content) for dialect in self._dialects)
        return next((packet for packet in packets if packet is not None), None)

    def page(self, events: Sequence[Event], position: int, *, more: bool) -> list[bytes]:
        return [*super().page(events, position, more=more), *self.mark(position)]

    def mark(self, position: int) -> tuple[bytes, ...]:
        """The packet with the client's position, if that has changed."""
        if not self._recovers or position <= self._marked:
            return ()
        self._marked = position
        return (offset(position),)
