"""JPEG (ITU-T T.81): its segments."""

import re
import struct
from collections.abc import Iterator

from backchannel.files.inspection.metadata import orientation_within, tiff_header

SOI, EOI, SOS, APP0, APP1, APP2, APP14, COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
ALONE = frozenset([0x00, 0x01, *range(0xD0, 0xD8)])
"""Markers without a segment, and 00, which is not a marker."""
APPLICATION = range(APP0, APP0 + 16)

# Within a scan, FF stands for itself before 00, and before a restart marker (D0 to D7).
_SCAN_END = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")


def strip(data: bytes) -> list[bytes]:
    """A JPEG without Exif, XMP, IPTC, comments and attached pictures.

    The orientation is kept. Raises `ValueError` for anything else.
    """
    segments = list(_segments(data))
    jfif = [segment for marker, segment in segments if marker == APP0 and _is_jfif(segment)]
    others = [segment for marker, segment in segments if marker != APP0 and _keep(marker, segment)]
    exif = [segment for marker, segment in segments if marker == APP1]
    orientation = next(filter(None, map(_orientation, exif)), None)
    turned = [] if orientation is None else [_exif(orientation)]
    return [bytes((0xFF, SOI)), *jfif[:1], *turned, *others, bytes((0xFF, EOI))]


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each segment with its marker; a scan's includes its picture data.

    Bytes between segments are skipped, as viewers do.
    """
    at = 2
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 1:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in ALONE:
            at += 2
            continue
        if marker == SOI:
            raise ValueError("the picture contains another one")
        if marker == EOI:
            return
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if marker == SOS:
            following = _SCAN_END.search(data, end)
            end = following.start() if following else len(data)
        yield marker, data[at:end]
        if end >= len(data):
            return  # cut short, as cameras sometimes leave it; the rest can be shown
        at = end


def _keep(marker: int, segment: bytes) -> bool:
    if marker == APP2:
        return segment[4:].startswith(b"ICC_PROFILE\0")
    return marker == APP14 or (marker not in APPLICATION and marker != COM)


def _is_jfif(segment: bytes) -> bool:
    return segment[4:].startswith(b"JFIF\0")


def _orientation(segment: bytes) -> int | None:
    if not segment[4:].startswith(b"Exif\0\0"):
        return None
    return orientation_within(segment[10:])


def _exif(orientation: int) -> bytes:
    content = b"Exif\0\0" + tiff_header(orientation)
    return struct.pack(">BBH", 0xFF, APP1, len(content) + 2) + content
