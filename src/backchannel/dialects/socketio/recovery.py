"""Connection state recovery: a client that comes back goes on where it was cut off.

Node servers remember packets for two minutes. Here the user's log is the memory, so nothing
else is kept, and a client recovers after a restart as well. It tells what it got last:
clients keep the last argument of the last event that ended in a string. Node servers append
it to every event, which breaks handlers that take exactly what their document says; here it
comes as an event of its own, which clients keep in the same way and nobody listens to.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode

import msgspec

from backchannel.chat import sync
from backchannel.chat.core import Core
from backchannel.transports.socketio.endpoint import ConnectRequest
from backchannel.transports.socketio.packets import encode_event

EVENT = "offset"
"""The event whose only argument is how far the client has got in its user's log."""
_NONCE_BYTES = 12
_DIGITS = 18
"""Longest position that is believed to be one."""


class Begin(msgspec.Struct, frozen=True):
    """The starting point of a client: its private and public ids, and its position in the log."""

    pid: str
    sid: str
    position: int
    recovered: bool


async def begin(core: Core, user_id: str, request: ConnectRequest, delivered: int) -> Begin:
    """The position after which this client resumes, or starts anew at `delivered`.

    `delivered` is the position up to which a device of the user has received everything.
    """
    head = await sync.head(core, user_id)
    tie = _digest(f"{user_id}:{head.epoch}")
    position = _position(request.offset)
    pid = request.pid
    if pid is None or position is None or not _tied(pid, tie):
        recovered = False
    else:
        recovered = sync.reset_reason(head, head.epoch, position) is None
    if pid is None or position is None or not recovered:
        pid = f"{secrets.token_urlsafe(_NONCE_BYTES)}.{tie}"
        return Begin(pid, _digest(pid), delivered, recovered=False)
    return Begin(pid, _digest(pid), position, recovered=True)


def offset(position: int) -> bytes:
    """The packet that tells a client how far it has got."""
    return encode_event(EVENT, str(position))


def _tied(pid: str, tie: str) -> bool:
    """True if an id was issued to this user for this log; it says nothing of other logs."""
    return pid.isascii() and secrets.compare_digest(pid.rpartition(".")[2], tie)


def _position(text: str | None) -> int | None:
    plausible = text is not None and text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return int(text) if plausible and text is not None else None


def _digest(text: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:15]).decode()
