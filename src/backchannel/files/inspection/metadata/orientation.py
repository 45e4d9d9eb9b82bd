"""The one thing in Exif that a viewer needs: how a picture must be turned (tag 274)."""

import struct

TAG = 0x0112
SHORT = 3


def orientation_within(tiff: bytes) -> int | None:
    """The orientation, 2 to 8, in Exif's TIFF structure; None where nothing is to be turned."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, directory)
        for number in range(count):
            entry = directory + 2 + 12 * number
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
            if (tag, kind) == (TAG, SHORT):
                return value if 2 <= value <= 8 else None
    except struct.error:
        return None
    return None


def tiff_header(orientation: int) -> bytes:
    """The smallest Exif there is: a TIFF directory with this one entry."""
    return struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, TAG, SHORT, 1, orientation, 0, 0)
