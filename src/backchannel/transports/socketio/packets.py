"""Packets (Socket.IO 5, "Exchange protocol") and how they are written, with attachments."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final, cast

import msgspec

CONNECT: Final = 0
DISCONNECT: Final = 1
EVENT: Final = 2
ACK: Final = 3
CONNECT_ERROR: Final = 4
BINARY_EVENT: Final = 5
BINARY_ACK: Final = 6

MAIN: Final = "/"
"""The main namespace, which packets need not name."""

_json = msgspec.json.Encoder()
_BINARY: Final = {EVENT: BINARY_EVENT, ACK: BINARY_ACK}

_BYTES: Final = (bytes, bytearray, memoryview)
_LEAVES: Final = frozenset({str, int, float, bool, type(None)})
_PLACEHOLDER: Final = "_placeholder"


class InvalidPacket(ValueError):
    """The data are not a packet, or not one that may come now; the connection is closed."""


class Packet(msgspec.Struct, frozen=True):
    """A packet with its attachments in place, so an event is an EVENT, binary or not."""

    type: int
    namespace: str = MAIN
    data: Any = None
    id: int | None = None


class Encoded(msgspec.Struct, frozen=True):
    """A packet as it travels: a text message, then one binary message for each attachment."""

    text: bytes
    attachments: tuple[bytes, ...] = ()


def encode(packet: Packet) -> Encoded:
    """Return `packet` as it travels; bytes in an event's or ack's data become attachments."""
    kind, data = packet.type, packet.data
    if kind not in _BINARY or not has_binary(data):
        payload = b"" if data is None else _json.encode(data)
        return Encoded(_head(kind, packet.namespace, packet.id) + payload)
    data, extracted = extract(data)
    head = _head(f"{_BINARY[kind]}{len(extracted)}-", packet.namespace, packet.id)
    return Encoded(head + _json.encode(data), tuple(extracted))


def encode_event(name: str, *args: Any, namespace: str = MAIN) -> bytes:
    """Return an event for `Socket.send_text`, encoded once for any number of sockets.

    `args` must hold no bytes: attachments need `Socket.emit`.
    """
    return _event_head(namespace) + _json.encode((name, *args))


@cache
def _event_head(namespace: str) -> bytes:
    return _head(EVENT, namespace)  # there are few namespaces and many events


def _head(kind: int | str, namespace: str, ack_id: int | None = None) -> bytes:
    place = "" if namespace == MAIN else namespace + ","
    number = "" if ack_id is None else ack_id
    return f"{kind}{place}{number}".encode()


def has_binary(value: Any) -> bool:
    """True if bytes are anywhere in `value`, a tree of dicts, lists and tuples."""
    inner: Iterable[Any]
    if isinstance(value, dict):
        inner = cast("dict[str, Any]", value).values()
    elif isinstance(value, list | tuple):
        inner = cast("Sequence[Any]", value)
    else:
        return isinstance(value, _BYTES)
    for each in inner:  # noqa: SIM110  # every event sent is searched: any() takes twice as long
        if type(each) not in _LEAVES and has_binary(each):
            return True
    return False


def extract(data: Any) -> tuple[Any, list[bytes]]:
    """Return a copy of `data` with placeholders, and the bytes they stand for."""
    found: list[bytes] = []
    return _extract(data, found), found


def _extract(value: Any, found: list[bytes]) -> Any:
    if isinstance(value, _BYTES):
        found.append(bytes(cast("bytes", value)))
        return {_PLACEHOLDER: True, "num": len(found) - 1}
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: _extract(each, found) for key, each in items}
    if isinstance(value, list | tuple):
        return [_extract(each, found) for each in cast("Sequence[Any]", value)]
    return value


def restore(data: Any, received: Sequence[bytes]) -> Any:
    """Return a copy of `data` with bytes for placeholders. Raises InvalidPacket."""
    try:
        return _restore(data, received)
    except RecursionError:
        raise InvalidPacket("nested too deeply") from None


def _restore(value: Any, received: Sequence[bytes]) -> Any:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        if fields.get(_PLACEHOLDER) is True:
            return _attachment(fields.get("num"), received)
        return {key: _restore(each, received) for key, each in fields.items()}
    if isinstance(value, list | tuple):
        return [_restore(each, received) for each in cast("Sequence[Any]", value)]
    return value


def _attachment(number: Any, received: Sequence[bytes]) -> bytes:
    if type(number) is not int or not 0 <= number < len(received):
        raise InvalidPacket("illegal attachments")
    return received[number]
