"""WebP (RFC 9649): its chunks."""

import struct

KEPT = frozenset([b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"ICCP"])
EXIF_FLAG, XMP_FLAG = 0x08, 0x04


def strip(data: bytes) -> list[bytes]:
    """A WebP without Exif and XMP. Raises `ValueError` for what is none."""
    tag, size, form = struct.unpack_from("<4sI4s", data)
    end = 8 + size
    if (tag, form) != (b"RIFF", b"WEBP") or end > len(data):
        raise ValueError("the header does not fit")
    kept: list[bytes] = []
    at = 12
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        following = at + 8 + length + length % 2
        if following > end:
            raise ValueError("a chunk ends too late")
        if kind in KEPT:
            kept.append(_without_flags(data[at:following]))
        at = following
    body = b"".join(kept)
    return [struct.pack("<4sI4s", b"RIFF", 4 + len(body), b"WEBP"), body]


def _without_flags(chunk: bytes) -> bytes:
    if not chunk.startswith(b"VP8X"):
        return chunk
    return chunk[:8] + bytes([chunk[8] & ~(EXIF_FLAG | XMP_FLAG)]) + chunk[9:]
