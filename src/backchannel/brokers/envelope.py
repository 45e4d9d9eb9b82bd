"""The codec of everything that crosses a bus.

An envelope is the version, a signature, the sender's node id, a stamp, and a body in MessagePack.
It is published to a topic, which names the user it is about. The signature covers the topic, too:
programs without the secret may write to the same broker (rule S19). The stamp is the time,
different in each envelope of a node, so that none is accepted twice (`brokers/stamps`).
"""

import hmac
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from backchannel.domain.conversations import Receipt
from backchannel.domain.events import (
    ConversationChange,
    Event,
    EventKind,
    EventPayload,
    ProfileChange,
)
from backchannel.domain.messages import Message
from backchannel.domain.signals import (
    Hiding,
    Notice,
    Partial,
    Presence,
    PresenceQuery,
    Rejected,
    Signal,
    SocketCount,
    Typing,
    Visibility,
)

VERSION = b"\x03"
SIGNATURE = 16
"""Bytes of a signature: BLAKE2b with a key."""
NODE_ID = 16
"""Characters of a node id."""
STAMP = 8
"""Bytes of a stamp: microseconds since 1970, big-endian."""
CONTENT_LIMIT = 8_192
"""Most bytes of a payload; a larger one is left out, and is read from the log."""
OVERHEAD = 80
"""Bytes of an envelope beside its payload, at most."""
CACHE = "bus"
"""The key of the encoded payload in `EventPayload.encoded`."""

CONTENTS: dict[EventKind, type] = {
    EventKind.MESSAGE: Message,
    EventKind.EDIT: Message,
    EventKind.DELETE: Message,
    EventKind.REACTION: Message,
    EventKind.RECEIPT: Receipt,
    EventKind.CONVERSATION: ConversationChange,
    EventKind.PROFILE: ProfileChange,
}


class Unreadable(Exception):
    """The envelope comes from another version."""


class Forged(Exception):
    """The envelope comes from a program without the secret."""


class WakeUp(msgspec.Struct, frozen=True, tag="event", array_like=True):
    """An event of the topic's user; without `payload` only its position is known."""

    position: int
    payload: bytes | None


class SignalBody(msgspec.Struct, frozen=True, tag="signal", array_like=True):
    """A signal about the topic's user."""

    kind: str
    content: msgspec.Raw


class NoticeBody(msgspec.Struct, frozen=True, tag="notice", array_like=True):
    """A notice for all nodes."""

    notice: Notice


class Part(msgspec.Struct, frozen=True, tag="part", array_like=True):
    """A part of a packet for the topic's node; all parts of a packet have the same number."""

    number: int
    last: bool
    content: bytes


Body = WakeUp | SignalBody | NoticeBody | Part

_encode = msgspec.msgpack.Encoder().encode
_bodies = msgspec.msgpack.Decoder(Body)
_payloads = msgspec.msgpack.Decoder(tuple[EventKind, msgspec.Raw])
_contents: Mapping[EventKind, msgspec.msgpack.Decoder[Any]] = {
    kind: msgspec.msgpack.Decoder(content) for kind, content in CONTENTS.items()
}
SIGNALS: dict[str, type] = {
    "typing": Typing,
    "presence": Presence,
    "acquaintance": Visibility,
    "hiding": Hiding,
    "partial": Partial,
    "sockets": SocketCount,
    "presence_query": PresenceQuery,
    "rejected": Rejected,
}
_signal_kinds = {kind: name for name, kind in SIGNALS.items()}
_signals: Mapping[str, msgspec.msgpack.Decoder[Any]] = {
    name: msgspec.msgpack.Decoder(kind) for name, kind in SIGNALS.items()
}


class Opened(NamedTuple):
    """The content of an envelope with a valid signature."""

    sender: str
    stamp: int
    body: memoryview


class Envelopes:
    """Seals the bodies of one node, and opens the envelopes of all that have the same key."""

    def __init__(self, node_id: str, key: bytes, stamp: Callable[[], int]) -> None:
        """`stamp` returns the stamp of the next envelope."""
        self._sender = node_id.encode()
        self._stamp = stamp
        self._signing = blake2b(key=key, digest_size=SIGNATURE)

    def event(self, topic: str, event: Event, *, largest: int = CONTENT_LIMIT) -> bytes:
        """The envelope of an event for the topic of its user, of at most `largest` bytes."""
        payload = event.payload
        encoded = payload.encoded.get(CACHE)
        if encoded is None:
            encoded = payload.encoded[CACHE] = _encode((payload.kind, payload.content))
        small = len(encoded) <= min(CONTENT_LIMIT, largest - OVERHEAD)
        return self._seal(topic, _encode(WakeUp(event.position, encoded if small else None)))

    def signal(self, topic: str, signal: Signal) -> bytes:
        content = msgspec.Raw(_encode(signal.content))
        kind = _signal_kinds[type(signal.content)]
        return self._seal(topic, _encode(SignalBody(kind, content)))

    def notice(self, topic: str, notice: Notice) -> bytes:
        return self._seal(topic, _encode(NoticeBody(notice)))

    def parts(self, topic: str, number: int, packet: bytes, *, largest: int) -> Iterator[bytes]:
        """The envelopes of a packet, of at most `largest` bytes each."""
        size = largest - OVERHEAD
        for start in range(0, max(1, len(packet)), size):
            last = start + size >= len(packet)
            yield self._seal(topic, _encode(Part(number, last, packet[start : start + size])))

    def open(self, topic: str, envelope: bytes) -> Opened:
        """The content of an envelope. Raises `Unreadable` and `Forged`."""
        if envelope[:1] != VERSION:
            raise Unreadable("the envelope is of another version")
        content = memoryview(envelope)[1 + SIGNATURE :]
        signature = self._signature(topic, content)
        if not hmac.compare_digest(signature, envelope[1 : 1 + SIGNATURE]):
            raise Forged
        sender = bytes(content[:NODE_ID]).decode()
        stamp = int.from_bytes(content[NODE_ID : NODE_ID + STAMP])
        return Opened(sender, stamp, content[NODE_ID + STAMP :])

    def _seal(self, topic: str, body: bytes) -> bytes:
        content = self._sender + self._stamp().to_bytes(STAMP) + body
        return VERSION + self._signature(topic, content) + content

    def _signature(self, topic: str, content: bytes | memoryview) -> bytes:
        signing = self._signing.copy()
        signing.update(topic.encode() + b"\0")
        signing.update(content)
        return signing.digest()


def decoded(encoded: memoryview, user_id: str) -> Event | int | Signal | Notice | Part:
    """The content of a body from the topic of `user_id`; an int is a position alone.

    Raises `Unreadable`.
    """
    try:
        body: Body = _bodies.decode(encoded)
        if isinstance(body, Part):
            return body
        if isinstance(body, NoticeBody):
            return body.notice
        if isinstance(body, SignalBody):
            return Signal(user_id, _signals[body.kind].decode(body.content))
        if body.payload is None:
            return body.position
        kind, content = _payloads.decode(body.payload)
        return Event(user_id, body.position, EventPayload(kind, _contents[kind].decode(content)))
    except (msgspec.MsgspecError, KeyError) as error:
        raise Unreadable(str(error)) from error
