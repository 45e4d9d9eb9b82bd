"""WebP (RFC 9649): its chunks."""

import struct
from collections.abc import Iterator

from backchannel.files.inspection.metadata import orientation_within, tiff_header

KEPT = frozenset([b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"ICCP"])
EXIF_FLAG, XMP_FLAG = 0x08, 0x04


def strip(data: bytes) -> list[bytes]:
    """A WebP without XMP and Exif. The orientation is kept.

    Raises `ValueError` for anything else.
    """
    chunks = list(_chunks(data))
    exif = next((content for kind, content in chunks if kind == b"EXIF"), b"")
    orientation = orientation_within(exif.removeprefix(b"Exif\0\0"))
    kept = [
        _chunk(kind, _with_flags(content, exif=bool(orientation)) if kind == b"VP8X" else content)
        for kind, content in chunks
        if kind in KEPT
    ]
    if orientation and chunks[0][0] == b"VP8X":  # in a simple file there is no Exif
        kept.append(_chunk(b"EXIF", tiff_header(orientation)))
    body = b"".join(kept)
    return [struct.pack("<4sI4s", b"RIFF", 4 + len(body), b"WEBP"), body]


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    tag, size, form = struct.unpack_from("<4sI4s", data)
    end = 8 + size
    if (tag, form) != (b"RIFF", b"WEBP"):
        raise ValueError("the signature is missing")
    if end > len(data) + 1:  # the last padding may be missing
        raise ValueError("it ends too early")
    at = 12
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        content = data[at + 8 : at + 8 + length]
        if at + 8 + length > end or len(content) < length:
            raise ValueError("a chunk is longer than the file")
        yield kind, content
        at += 8 + length + length % 2


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack("<4sI", kind, len(content)) + content + bytes(len(content) % 2)


def _with_flags(header: bytes, *, exif: bool) -> bytes:
    flags = header[0] & ~(EXIF_FLAG | XMP_FLAG)
    return bytes([flags | EXIF_FLAG if exif else flags]) + header[1:]
