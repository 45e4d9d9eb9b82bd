"""The duration of sound and video; of Matroska and WebM (RFC 9559) even if none is stated."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tinytag import TinyTag, TinyTagException

_NAMES = {
    "audio/mpeg": "a.mp3",
    "audio/mp4": "a.m4a",
    "video/mp4": "a.m4a",
    "video/quicktime": "a.m4a",
    "audio/ogg": "a.ogg",
    "audio/wav": "a.wav",
    "audio/flac": "a.flac",
}
"""File names whose endings tell tinytag how to read a content."""
_MATROSKA = {"audio/webm", "video/webm", "video/x-matroska"}

_ELEMENTS = 200_000
"""Most elements that are read; an hour of a browser's recording has a third of them."""
_VALUE = 8
"""Bytes of the longest number."""

_SEGMENT, _INFO, _CLUSTER, _GROUP = 0x18538067, 0x1549A966, 0x1F43B675, 0xA0
_OPENED = {_SEGMENT, _INFO, _CLUSTER, _GROUP}
"""The elements whose parts are read. Their ends are not needed, so their size may be unknown."""
_SCALE, _DURATION, _TIMESTAMP = 0x2AD7B1, 0x4489, 0xE7
_BLOCKS = {0xA3, 0xA1}
_UNKNOWN = (1 << 56) - 1
_DEFAULT_SCALE = 1_000_000


def duration(path: Path, media_type: str) -> int | None:
    """Milliseconds, None if that is not known."""
    if media_type in _MATROSKA:
        with path.open("rb") as content:
            return _of_matroska(content)
    name = _NAMES.get(media_type)
    if name is None:
        return None
    try:
        with path.open("rb") as content:
            seconds = TinyTag.get(name, tags=False, file_obj=content).duration
    except (TinyTagException, OSError, ValueError, IndexError, KeyError, OverflowError):
        return None  # the sound may still be playable
    return round(seconds * 1_000) if seconds and seconds > 0 else None


def _of_matroska(content: BinaryIO) -> int | None:
    """Milliseconds; None if there is no sound or picture.

    The stated duration, or else the time of the last block: a browser writes its recordings as
    they come in, and states none.
    """
    scale, begin, last = _DEFAULT_SCALE, 0, 0
    for kind, value in _elements(content):
        if kind == _SCALE:
            scale = int.from_bytes(value, "big") or _DEFAULT_SCALE
        elif kind == _DURATION and len(value) in {4, 8}:
            (stated,) = struct.unpack(">f" if len(value) == 4 else ">d", value)
            if stated > 0:
                return _milliseconds(stated, scale)
        elif kind == _TIMESTAMP:
            begin = int.from_bytes(value, "big")
        elif kind in _BLOCKS:
            last = max(last, begin + _time_in_cluster(value))
    return _milliseconds(last, scale)


def _milliseconds(time: float, scale: int) -> int | None:
    """A time in units of `scale` nanoseconds. None if no recording can be that long."""
    milliseconds = time * scale / 1_000_000
    return round(milliseconds) if 0 < milliseconds < _LONGEST else None


_LONGEST = 1 << 40


def _time_in_cluster(block: bytes) -> int:
    """The relative time of a block, which follows the number of its track."""
    at = _width(block[0]) if block and block[0] else _VALUE
    return int.from_bytes(block[at : at + 2], "big", signed=True) if len(block) >= at + 2 else 0


def _elements(content: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The kinds of all elements, and the beginnings of their contents."""
    for _ in range(_ELEMENTS):
        kind = _number(content, keep_width=True)
        size = _number(content, keep_width=False)
        if kind is None or size is None:
            return
        if kind in _OPENED:
            continue
        value = content.read(min(size, _VALUE))
        yield kind, value
        if size > len(value):
            if size == _UNKNOWN:
                return
            content.seek(size - len(value), 1)


def _number(content: BinaryIO, *, keep_width: bool) -> int | None:
    """A number with its width given by its leading zero bits (RFC 8794, section 4)."""
    first = content.read(1)
    if not first or not first[0]:
        return None
    width = _width(first[0])
    whole = first + content.read(width - 1)
    if len(whole) < width:
        return None
    number = int.from_bytes(whole, "big")
    if keep_width:
        return number
    number &= (1 << 7 * width) - 1
    return _UNKNOWN if number == (1 << 7 * width) - 1 else number


def _width(first: int) -> int:
    return 9 - first.bit_length()
