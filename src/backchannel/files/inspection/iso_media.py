"""ISO base media files (ISO/IEC 14496-12): MP4, QuickTime, 3GP, HEIF, AVIF."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

_BOXES = 4_096
"""Most boxes that are read."""
_DEPTH = 3
"""The depth of the box that names the kind of a track."""
_AVIF = {b"avif", b"avis"}
_HEIC = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"}
_HEIF = {b"mif1", b"mif2", b"msf1", b"miaf", b"MiHE", b"MiHB"}
"""Pictures in general; their items say which codec they have."""
_SOUND = {b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "}
_RAW = {b"crx "}
"""Cameras' own formats, which no viewer shows."""
_WITHIN = {b"moov", b"trak", b"mdia"}


def media_type_of(content: BinaryIO) -> str | None:
    """The media type; None if the format is unknown.

    All brands count, and the kinds of the tracks if there are any.
    """
    looks = iter(range(_BOXES))
    end = content.seek(0, 2)
    _, start, stop = next(_boxes(content, 0, end, looks), (b"", 0, 0))
    content.seek(start)
    named = content.read(min(stop - start, 4_096))
    major, brands = named[:4], {named[:4], *(named[at : at + 4] for at in range(8, len(named), 4))}
    if brands & _RAW:
        return None
    picture = _picture(content, major, brands)
    if picture is not None:
        return picture
    return _moving(major, brands, set(_handlers(content, stop, end, looks)))


def _picture(content: BinaryIO, major: bytes, brands: set[bytes]) -> str | None:
    if brands & _AVIF:
        return "image/avif"
    if brands & _HEIC:
        return "image/heic"
    if major not in _HEIF:
        return None
    content.seek(0)
    items = content.read(65_536)
    return "image/avif" if b"infe" in items and b"av01" in items else "image/heic"


def _moving(major: bytes, brands: set[bytes], handlers: set[bytes]) -> str:
    if b"vide" not in handlers and (b"soun" in handlers or brands & _SOUND):
        return "audio/mp4"
    if major == b"qt  ":
        return "video/quicktime"
    return "video/3gpp" if major[:3] in {b"3gp", b"3g2", b"3gr", b"3gs"} else "video/mp4"


def _handlers(
    content: BinaryIO, start: int, end: int, looks: Iterator[int], depth: int = 0
) -> Iterator[bytes]:
    """The kinds of the tracks: `vide`, `soun` and others."""
    for kind, first, last in _boxes(content, start, end, looks):
        if kind in _WITHIN and depth < _DEPTH:
            yield from _handlers(content, first, last, looks, depth + 1)
        elif kind == b"hdlr":
            content.seek(first + 8)
            yield content.read(4)


def _boxes(
    content: BinaryIO, start: int, end: int, looks: Iterator[int]
) -> Iterator[tuple[bytes, int, int]]:
    """The boxes from `start` to `end`: their kinds, and where their contents begin and end.

    Each of them takes one of `looks`.
    """
    for _ in looks:
        content.seek(start)
        head = content.read(16)
        if len(head) < 8 or start >= end:
            return
        size, kind = struct.unpack_from(">I4s", head)
        first = start + 8
        if size == 1 and len(head) == 16:
            (size,) = struct.unpack_from(">Q", head, 8)
            first = start + 16
        last = min(start + size, end) if size else end
        if last < first:
            return
        yield kind, first, last
        start = last
