"""Bytes in a packet's data travel beside it; a placeholder marks the place of each."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

from backchannel.transports.socketio.invalid import InvalidPacket

_BINARY: Final = (bytes, bytearray, memoryview)
_LEAVES: Final = frozenset({str, int, float, bool, type(None)})
_PLACEHOLDER: Final = "_placeholder"


def has_binary(value: Any) -> bool:
    """True if bytes are anywhere in `value`, a tree of dicts, lists and tuples."""
    inner: Iterable[Any]
    if isinstance(value, dict):
        inner = cast("dict[str, Any]", value).values()
    elif isinstance(value, list | tuple):
        inner = cast("Sequence[Any]", value)
    else:
        return isinstance(value, _BINARY)
    for each in inner:  # noqa: SIM110  # every event sent is searched: any() takes twice as long
        if type(each) not in _LEAVES and has_binary(each):
            return True
    return False


def extract(data: Any) -> tuple[Any, list[bytes]]:
    """Return a copy of `data` with placeholders, and the bytes they stand for."""
    found: list[bytes] = []
    return _extract(data, found), found


def _extract(value: Any, found: list[bytes]) -> Any:
    if isinstance(value, _BINARY):
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
