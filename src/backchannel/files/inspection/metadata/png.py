"""PNG (ISO/IEC 15948), animated ones too: its chunks."""

import struct
import zlib
from collections.abc import Iterator

from backchannel.files.inspection.metadata import orientation_within, tiff_header

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEPT = frozenset(
    b"IHDR PLTE IDAT tRNS gAMA cHRM sRGB iCCP sBIT bKGD pHYs acTL fcTL fdAT cICP".split()
)
EXIF = b"eXIf"


def strip(data: bytes) -> list[bytes]:
    """A PNG without texts, times, Exif and other chunks that are not shown.

    The orientation is kept. One that was cut short ends where it was cut, as viewers show it.
    Raises `ValueError` for anything else.
    """
    if not data.startswith(SIGNATURE):
        raise ValueError("the signature is missing")
    chunks = list(_chunks(data))
    if b"IDAT" not in {kind for kind, _ in chunks}:
        raise ValueError("it ends before its pixels")
    exif = next((content for kind, content in chunks if kind == EXIF), b"")
    orientation = orientation_within(exif.removeprefix(b"Exif\0\0"))
    kept = [_chunk(kind, content) for kind, content in chunks if kind in KEPT]
    # Behind the header: viewers look for it before the pixels.
    turned = [_chunk(EXIF, tiff_header(orientation))] if orientation else []
    return [SIGNATURE, kept[0], *turned, *kept[1:], _chunk(b"IEND", b"")]


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk up to the end; the last one may be incomplete."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IEND":
            return
        content = data[at + 8 : at + 8 + length]
        if len(content) < length and kind != b"IDAT":
            return  # half a chunk is of use in pixels only
        yield kind, content
        at += 12 + length


def _chunk(kind: bytes, content: bytes) -> bytes:
    head = struct.pack(">I4s", len(content), kind)
    return head + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(kind)))
