"""Removal of metadata from pictures: place, camera, author. No pixel changes.

Of each format only the parts that a viewer needs are copied, up to the picture's own end: data
behind it, such as another file for another program, are removed as well (rule S17).
"""

import struct

TAG = 0x0112
SHORT = 3
"""The tag of the orientation, the one entry of Exif that a viewer needs, and its type."""


def orientation_within(tiff: bytes) -> int | None:
    """The orientation, 2 to 8, in Exif's TIFF structure; None if nothing is to be turned."""
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
