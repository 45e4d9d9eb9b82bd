"""PNG (ISO/IEC 15948), animated ones too: its chunks."""

import struct

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT bKGD pHYs acTL fcTL fdAT cICP".split()
)


def strip(data: bytes) -> list[bytes]:
    """A PNG without texts, times, Exif and whatever else is not shown.

    Raises `ValueError` for what is none.
    """
    if not data.startswith(SIGNATURE):
        raise ValueError("the signature is missing")
    parts = [SIGNATURE]
    at = len(SIGNATURE)
    kind = b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise ValueError("it ends too early")
        if kind in KEPT:
            parts.append(data[at:end])
        at = end
    return parts
